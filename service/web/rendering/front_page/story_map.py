"""The map of the day as an SVG: a linked mark for each story, labels where they fit."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from unicodedata import bidirectional, east_asian_width

from service.store.story_views.views import StoryView

#: Size of the map in pixels, at which the text has its normal size.
WIDTH, HEIGHT = 960, 620
#: Radius of the mark of a story with one outlet, its growth, and the distance between marks.
RADIUS, GROWTH, GAP = 12.0, 3.0, 3.0
#: Rounds in which overlapping marks move apart.
ROUNDS = 80
#: Widths of characters of a label: Latin, of other alphabets, and of Chinese and Japanese.
LATIN, OTHER, WIDE = 6.9, 8.2, 13.0
LAST_LATIN = "\u036f"
RIGHT_TO_LEFT_MARK = "\u200f"
#: Height of a label, and the widths of labels, the best first.
LINE, LABELS = 17, (304, 207, 124)
#: Left, top, right and bottom in pixels.
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Label:
    """Text beside a mark, at the start or the end of its line."""

    text: str
    x: float
    y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A circle for a story; `number` is its number in the list."""

    story: StoryView
    number: int
    x: float
    y: float
    radius: float
    label: Label | None


@dataclass(frozen=True, slots=True)
class StoryMap:
    """Marks in the order of the list, and a line between the stories of each storyline."""

    marks: tuple[Mark, ...]
    lines: tuple[Box, ...]  #: both ends
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def first(self) -> datetime:
        """The earliest time of a last report; there is at least one mark."""
        return min(each.story.last_reported_at for each in self.marks)

    @property
    def last(self) -> datetime:
        """The latest report; there is at least one mark."""
        return max(each.story.last_reported_at for each in self.marks)


def draw_map(stories: Sequence[StoryView], places: Mapping[str, tuple[float, float]]) -> StoryMap:
    """Draw stories at their places, from 0 to 1; overlapping marks move apart."""
    radii = [RADIUS + GROWTH * math.sqrt(story.coverage - 1) for story in stories]
    points = [[places[each.id][0] * WIDTH, places[each.id][1] * HEIGHT] for each in stories]
    _move_apart(points, radii)
    boxes = [
        (x - radius, y - radius, x + radius, y + radius)
        for (x, y), radius in zip(points, radii, strict=True)
    ]
    marks = []
    for number, (story, (x, y), radius) in enumerate(zip(stories, points, radii, strict=True), 1):
        label = _place_label(story.headline, x, y, radius, boxes)
        marks.append(Mark(story, number, round(x, 1), round(y, 1), round(radius, 1), label))
    return StoryMap(tuple(marks), _storyline_lines(marks))


def _move_apart(points: list[list[float]], radii: Sequence[float]) -> None:
    """Move overlapping marks apart, and all marks into the map."""
    for _ in range(ROUNDS):
        for first, (x, y) in enumerate(points):
            for second in range(first):
                dx, dy = x - points[second][0], y - points[second][1]
                distance = math.hypot(dx, dy) or 1.0
                overlap = radii[first] + radii[second] + GAP - distance
                if overlap > 0:
                    dx, dy = (dx or 1.0) * overlap / distance / 2, dy * overlap / distance / 2
                    points[first][0] += dx
                    points[first][1] += dy
                    points[second][0] -= dx
                    points[second][1] -= dy
        for point, radius in zip(points, radii, strict=True):
            point[0] = min(max(point[0], radius + 1), WIDTH - radius - 1)
            point[1] = min(max(point[1], radius + 1), HEIGHT - radius - 1)


def _place_label(
    headline: str, x: float, y: float, radius: float, taken: list[Box]
) -> Label | None:
    """The longest label that fits beside, above or below a mark; adds it to `taken`."""
    for room in LABELS:
        text, width = _cut(headline, room)
        middle, start, end = y + LINE / 4, x + radius + 4, x - radius - 4
        candidates = (
            (Label(text, start, middle, "start"), start, y - LINE / 2),
            (Label(text, end, middle, "end"), end - width, y - LINE / 2),
            (Label(text, x, y + radius + 14, "middle"), x - width / 2, y + radius + 2),
            (Label(text, x, y - radius - 6, "middle"), x - width / 2, y - radius - 2 - LINE),
        )
        for label, left, top in candidates:
            box = (left, top, left + width, top + LINE)
            inside = left >= 0 and top >= 0 and box[2] <= WIDTH and box[3] <= HEIGHT
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                return Label(text, round(label.x, 1), round(label.y, 1), label.anchor)
    return None


def _cut(headline: str, room: float) -> tuple[str, float]:
    """The start of a headline that fits, up to the end of a word if possible, with its width."""
    width = 0.0
    for position, character in enumerate(headline):
        is_wide = east_asian_width(character) in {"W", "F"}
        step = WIDE if is_wide else OTHER if character > LAST_LATIN else LATIN
        if width + step > room:
            end = headline.rfind(" ", position // 2, position + 1)
            kept = headline[: end if end > 0 else position].rstrip(" ,;:–-")
            # Without the mark, the ellipsis would stand at the start of a right-to-left text.
            mark = RIGHT_TO_LEFT_MARK if bidirectional(kept[-1:] or " ") in {"R", "AL"} else ""
            return f"{kept}…{mark}", width + WIDE
        width += step
    return headline, width


def _overlap(first: Box, second: Box) -> bool:
    return (
        first[0] < second[2]
        and second[0] < first[2]
        and first[1] < second[3]
        and second[1] < first[3]
    )


def _storyline_lines(marks: Sequence[Mark]) -> tuple[Box, ...]:
    lines: dict[str, list[Mark]] = {}
    for mark in sorted(marks, key=lambda each: each.story.first_reported_at):
        if mark.story.storyline:
            lines.setdefault(mark.story.storyline.id, []).append(mark)
    return tuple(
        (first.x, first.y, second.x, second.y)
        for members in lines.values()
        for first, second in pairwise(members)
    )
