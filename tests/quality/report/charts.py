"""SVG charts of small multiples, one panel per labelled set."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

Point = tuple[float, float]

_COLUMNS = 3
_SIDE = 230  # of a square panel, in pixels
_GAP_X, _GAP_Y = 88, 92
_LEFT, _TOP = 62, 92
#: Colours that colour-blind readers can distinguish (Okabe & Ito 2008).
_CURVE, _MARK = "#0072B2", "#D55E00"
_INK, _FAINT, _GRID, _OTHERS = "#222222", "#666666", "#E4E4E4", "#C4C4C4"
#: Smallest precision and recall that is drawn.
_MIN_VALUE = 0.6
#: F1 values that are marked by a dashed line.
_LEVELS = (0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart of one set: its name, a note, and points (x, y).

    `shares` are the relative sizes of the points, or empty.
    """

    name: str
    note: str
    points: Sequence[Point]
    shares: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Scale:
    """Position of a panel in pixels, and the smallest value on both axes."""

    left: float
    top: float
    least: float

    def at(self, point: Point) -> Point:
        """Pixel position of a pair of values."""
        span = 1 - self.least
        x, y = ((value - self.least) / span * _SIDE for value in point)
        return round(self.left + x, 1), round(self.top + _SIDE - y, 1)

    def inside(self, points: Sequence[Point]) -> list[Point]:
        """Pixel positions of the points within the panel."""
        return [self.at(point) for point in points if min(point) >= self.least]


def reliability_chart(panels: Sequence[Panel]) -> str:
    """Draw the share of true pairs over the score, one panel per set; ideal is the diagonal."""
    head = (
        "Reliability of the pair score",
        "Larger dots: more pairs. On the dashed line, pairs with score .7 are true in 7 of 10 cases.",
    )
    body = [
        part
        for scale, panel in _placed(panels, 0.0)
        for part in (
            *_frame(scale, panel, (0, 0.25, 0.5, 0.75, 1), ("pair score", "share of true pairs")),
            _path([scale.at((0, 0)), scale.at((1, 1))], _FAINT, dashed=True),
            _path([scale.at(point) for point in panel.points], _CURVE, width=2),
            *(
                _dot(scale.at(point), _CURVE, 2.5 + 7.5 * share**0.5)
                for point, share in zip(panel.points, panel.shares, strict=True)
            ),
        )
    ]
    return _document(head, body, len(panels))


def cut_chart(panels: Sequence[Panel], cuts: Sequence[float]) -> str:
    """Draw precision over recall at shifted log odds, one panel per set, other sets in grey."""
    head = (
        "Precision and recall at shifted log odds",
        "B-cubed. Each dot adds 1 to the log odds of every pair; orange: default configuration.",
    )
    body = [
        part
        for scale, panel in _placed(panels, _MIN_VALUE)
        for part in _cut_panel(scale, panel, panels, cuts)
    ]
    return _document(head, body, len(panels))


def _cut_panel(
    scale: Scale,
    panel: Panel,
    panels: Sequence[Panel],
    cuts: Sequence[float],
) -> Iterator[str]:
    ticks = [tick / 10 for tick in range(11) if tick / 10 >= scale.least]
    yield from _frame(scale, panel, ticks, ("recall", "precision"))
    yield from _levels(scale)
    for other in panels:
        if other is not panel:
            yield _path(scale.inside(other.points), _OTHERS)
    yield _path(scale.inside(panel.points), _CURVE, width=2.2)
    whole = [
        (cut, scale.at(point))
        for cut, point in zip(cuts, panel.points, strict=True)
        if cut == int(cut) and min(point) >= scale.least
    ]
    for cut, at in whole:
        yield _dot(at, _MARK if cut == 0 else _CURVE, 5 if cut == 0 else 2.6)
    (first, (x, y)), (last, (right, bottom)) = whole[0], whole[-1]
    near = x < scale.left + _SIDE / 3  # to the axis labels
    at, anchor = ((x, y + 17), "start") if near else ((x - 7, y + 14), "end")
    yield _text(at, _signed(first), colour=_CURVE, anchor=anchor)
    yield _text((right - 7, bottom + 4), _signed(last), colour=_CURVE, anchor="end")


def _levels(scale: Scale) -> Iterator[str]:
    """Lines of equal F1 with labels."""
    for level in _LEVELS:
        recalls = [
            level / (2 - level) + step / 40 * (1 - level / (2 - level)) for step in range(41)
        ]
        points = [(recall, level * recall / (2 * recall - level)) for recall in recalls]
        yield _path(scale.inside(points), _FAINT, width=0.7, dashed=True)
        x, y = scale.at(points[-1])
        yield _text((x + 4, y + 4), f"F1 {_short(level)}", size=11, colour=_FAINT)


def _placed(panels: Sequence[Panel], least: float) -> Iterator[tuple[Scale, Panel]]:
    for number, panel in enumerate(panels):
        row, column = divmod(number, _COLUMNS)
        left, top = _LEFT + column * (_SIDE + _GAP_X), _TOP + row * (_SIDE + _GAP_Y) + 30
        yield Scale(left, top, least), panel


def _frame(
    scale: Scale, panel: Panel, ticks: Sequence[float], axes: tuple[str, str]
) -> Iterator[str]:
    """Draw name, note, grid, ticks and axes of a panel."""
    left, top, bottom = scale.left, scale.top, scale.top + _SIDE
    yield _text((left, top - 26), panel.name, size=14, bold=True)
    yield _text((left, top - 10), panel.note, colour=_FAINT)
    for tick in ticks:
        x, y = scale.at((tick, tick))
        yield _path([(left, y), (left + _SIDE, y)], _GRID)
        yield _path([(x, top), (x, bottom)], _GRID)
        yield _text((left - 6, y + 4), _short(tick), colour=_FAINT, anchor="end")
        yield _text((x, bottom + 15), _short(tick), colour=_FAINT, anchor="middle")
    yield _path([(left, top), (left, bottom), (left + _SIDE, bottom)], _FAINT)
    yield _text((left + _SIDE / 2, bottom + 31), axes[0], anchor="middle")
    x, y = left - 40, top + _SIDE / 2
    turned = f' transform="rotate(-90 {x} {y})"'
    yield _text((x, y), axes[1], anchor="middle", more=turned)


def _document(head: tuple[str, str], body: Sequence[str], panels: int) -> str:
    rows = -(-panels // _COLUMNS)
    width = _LEFT + _COLUMNS * (_SIDE + _GAP_X) - _GAP_X + 44
    height = _TOP + rows * (_SIDE + _GAP_Y) - 14
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" role="img">',
        f"<title>{escape(head[0])}</title>",
        f"<desc>{escape(head[1])}</desc>",
        f'<rect width="{width}" height="{height}" fill="#FFFFFF"/>',
        _text((22, 36), head[0], size=20, bold=True),
        _text((22, 60), head[1], size=13, colour=_FAINT),
        *body,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _path(points: Sequence[Point], colour: str, *, width: float = 1, dashed: bool = False) -> str:
    steps = " ".join(f"{x:g},{y:g}" for x, y in points)
    dashes = ' stroke-dasharray="4 4"' if dashed else ""
    return (
        f'<polyline points="{steps}" fill="none" stroke="{colour}" stroke-width="{width}"{dashes}/>'
    )


def _dot(at: Point, colour: str, radius: float) -> str:
    return (
        f'<circle cx="{at[0]:g}" cy="{at[1]:g}" r="{radius:.3g}" fill="{colour}" stroke="#FFFFFF"'
        ' stroke-width="1.2"/>'
    )


def _text(
    at: Point,
    words: str,
    *,
    size: int = 12,
    colour: str = _INK,
    anchor: str = "start",
    bold: bool = False,
    more: str = "",
) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{at[0]:g}" y="{at[1]:g}" font-size="{size}" fill="{colour}"'
        f' text-anchor="{anchor}"{weight}{more}>{escape(words)}</text>'
    )


def _short(value: float) -> str:
    return f"{value:g}".removeprefix("0") or "0"


def _signed(value: float) -> str:
    return f"{value:+g}".replace("-", "−")
