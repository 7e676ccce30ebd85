"""Timeline of a story: a row for each outlet, with a mark for each span of time with reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.store.story_views.reports import Report
from service.store.story_views.views import StoryView
from service.web.rendering.story_page.points import points

#: Spans of equal length. A mark in each of them has a width of 24 pixels on a phone.
SLOTS = 12
#: Size of the drawing of the growth, and the maximum number of its steps.
WIDTH, HEIGHT, STEPS = 600, 80, 60


@dataclass(frozen=True, slots=True)
class Mark:
    """The reports of an outlet in one slot (from 1); `copy` if all of them are copies."""

    slot: int
    reports: tuple[Report, ...]

    @property
    def copy(self) -> bool:
        return all(report.copy for report in self.reports)


@dataclass(frozen=True, slots=True)
class Row:
    """The marks of one outlet, and the delay of its first report, if it is known."""

    outlet: str
    delay: timedelta | None
    marks: tuple[Mark, ...]


def timeline_rows(story: StoryView) -> list[Row]:
    """A row for each outlet, in the order of the first reports."""
    if not story.reports:
        return []
    start = min(report.reported_at for report in story.reports)
    end = max(report.reported_at for report in story.reports)
    span = max(end - start, timedelta(minutes=1))
    by_outlet: dict[str, dict[int, list[Report]]] = {}
    for report in story.reports:
        slot = min(int((report.reported_at - start) / span * SLOTS), SLOTS - 1) + 1
        by_outlet.setdefault(report.outlet.slug, {}).setdefault(slot, []).append(report)
    delays = {each.outlet: each.delay for each in story.details.delays}
    return [
        Row(
            next(iter(slots.values()))[0].outlet.name,
            delays.get(slug),
            tuple(Mark(slot, tuple(slots[slot])) for slot in sorted(slots)),
        )
        for slug, slots in by_outlet.items()
    ]


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
    return f"{path}H{WIDTH}"
