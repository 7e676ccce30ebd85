"""Timeline of a story: a row for each outlet, with marks at the times of its reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.store.story_views.reports import OutletInfo, Report
from service.store.story_views.views import StoryView
from service.web.rendering.reader_clock import ReaderClock
from service.web.rendering.story_page.points import points

#: Positions are whole numbers from 0, the first report, to this, the last one.
SCALE = 1000
#: Marks of an outlet that are nearer than this become one; it is 24 pixels on a phone.
MIN_DISTANCE = 75
#: Size of the drawing of the growth, and the maximum number of its steps.
WIDTH, HEIGHT, STEPS = 600, 80, 300
#: The lines of the growth continue beyond the last report, so that its step is visible.
BEYOND = 8
#: Possible distances of the ticks between the ends of the axis, and the maximum number of ticks.
TICK_STEPS = tuple(
    timedelta(minutes=each)
    for each in (1, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 7200, 14400, 43200)
)
MAX_TICKS = 3
#: Ticks nearer to an end of the axis than this have no room for a label.
END_MARGIN = 150


@dataclass(frozen=True, slots=True)
class Mark:
    """Reports of an outlet at a position; `kind` is empty, "copy" or "excluded".

    A copy is hollow. An outlet that does not count for another reason has another shape.
    """

    position: int
    reports: tuple[Report, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    """The marks of one outlet, and the delay of its first report, if it is known.

    `note` says why the outlet does not count; it is empty if the outlet counts.
    """

    outlet: OutletInfo
    delay: timedelta | None
    note: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled position of the axis."""

    position: int
    at: datetime
    label: str


def timeline_rows(story: StoryView, notes: Mapping[str, str]) -> list[Row]:
    """A row for each outlet, in the order of the first reports.

    `notes` say why outlets do not count, by slug.
    """
    if not story.reports:
        return []
    by_outlet: dict[str, list[Report]] = {}
    for report in sorted(story.reports, key=lambda each: each.reported_at):
        by_outlet.setdefault(report.outlet.slug, []).append(report)
    delays = {each.outlet: each.delay for each in story.details.delays}
    start, end = _range(story.reports)
    return [
        Row(
            reports[0].outlet,
            delays.get(slug),
            notes.get(slug, ""),
            tuple(
                _mark(each, start, end, notes.get(slug, "")) for each in _join(reports, start, end)
            ),
        )
        for slug, reports in by_outlet.items()
    ]


def timeline_axis(reports: Sequence[Report], clock: ReaderClock) -> list[Tick]:
    """The ends of the axis, and round times between them in the zone of the reader."""
    if not reports:
        return []
    start, end = _range(reports)
    step = next((each for each in TICK_STEPS if (end - start) // each <= MAX_TICKS), TICK_STEPS[-1])
    day = start.astimezone(clock.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    first = -((day - start) // step)
    times = [day + number * step for number in range(first, first + MAX_TICKS + 1)]
    between = [
        Tick(position, at, clock.day(at) if step >= timedelta(days=1) else clock.near(at, start))
        for at in times
        if END_MARGIN <= (position := _position(at, start, end)) <= SCALE - END_MARGIN
    ]
    ends = (
        Tick(0, start, f"{clock.day(start)}, {clock.time(start)}"),
        Tick(SCALE, end, clock.near(end, start)),
    )
    return [ends[0], *between, ends[1]] if start < end else [ends[0]]


def position_classes(position: int) -> str:
    """The classes of the stylesheet for a position; a page has no inline styles."""
    return f"at h{position // 100} t{position // 10 % 10} u{position % 10}"


def _range(reports: Sequence[Report]) -> tuple[datetime, datetime]:
    times = [report.reported_at for report in reports]
    return min(times), max(times)


def _position(at: datetime, start: datetime, end: datetime) -> int:
    return round((at - start) / max(end - start, timedelta(minutes=1)) * SCALE)


def _join(reports: Sequence[Report], start: datetime, end: datetime) -> list[list[Report]]:
    """Reports of an outlet, those that are too near to the first one of a mark together."""
    marks = [[reports[0]]]
    for report in reports[1:]:
        first = _position(marks[-1][0].reported_at, start, end)
        if _position(report.reported_at, start, end) - first < MIN_DISTANCE:
            marks[-1].append(report)
        else:
            marks.append([report])
    return marks


def _mark(reports: Sequence[Report], start: datetime, end: datetime, note: str) -> Mark:
    is_copy = all(report.copy for report in reports)
    kind = "copy" if is_copy else "excluded" if note else ""
    return Mark(_position(reports[0].reported_at, start, end), tuple(reports), kind)


@dataclass(frozen=True, slots=True)
class Growth:
    """Two rising lines as paths of an SVG; half of the outlets had reported at `half_at`."""

    reports: str
    outlets: str
    half_at: datetime
    width: int = WIDTH
    height: int = HEIGHT


def draw_growth(reports: Sequence[Report]) -> Growth | None:
    """The numbers of reports and of outlets over time; None for fewer than two times."""
    growth = points(reports)
    if not growth or growth[0].report.reported_at == growth[-1].report.reported_at:
        return None
    start, end = growth[0].report.reported_at, growth[-1].report.reported_at
    by_x: dict[int, tuple[int, int]] = {}
    for number, point in enumerate(growth, 1):
        x = int((point.report.reported_at - start) / (end - start) * STEPS) * WIDTH // STEPS
        by_x[x] = (number, point.coverage)
    half = growth[-1].coverage / 2
    return Growth(
        _steps([(x, each[0]) for x, each in by_x.items()], len(growth)),
        _steps([(x, each[1]) for x, each in by_x.items()], len(growth)),
        next(point.report.reported_at for point in growth if point.coverage >= half),
    )


def _steps(values: Sequence[tuple[int, int]], maximum: int) -> str:
    """A path of steps from the lower left corner; `maximum` is at the top."""
    path = f"M0 {HEIGHT}"
    for x, value in values:
        path += f"H{x}V{HEIGHT - round(value / maximum * (HEIGHT - 2))}"
    return f"{path}H{WIDTH + BEYOND}"
