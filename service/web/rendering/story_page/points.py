"""Timeline of a story: coverage after each report, and positions of reports on a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from service.store.database.paging import Page, Position, make_page
from service.store.story_views.reports import Report

#: Space for half a dot at either end of the line, in percent.
MARGIN = 2.0


@dataclass(frozen=True, slots=True)
class Point:
    """A report and the number of outlets that had reported by then."""

    report: Report
    coverage: int


@dataclass(frozen=True, slots=True)
class Dot:
    """A report with its position in percent from the left."""

    report: Report
    x: float


def points(reports: Sequence[Report]) -> list[Point]:
    """Coverage after each report, in chronological order."""
    outlets: set[str] = set()
    growth = []
    for report in sorted(reports, key=lambda each: (each.reported_at, each.article_id)):
        outlets.add(report.outlet.slug)
        growth.append(Point(report, len(outlets)))
    return growth


def timeline_page(reports: Sequence[Report], *, after: Position | None, limit: int) -> Page[Point]:
    """A page of the points after a position (time and article id of a report)."""
    positions = [
        (each, (each.report.reported_at, each.report.article_id)) for each in points(reports)
    ]
    return make_page([each for each in positions if after is None or each[1] > after], limit)


def dots(reports: Sequence[Report]) -> list[Dot]:
    """Reports on a line from the first to the last; a single time is at the start."""
    if not reports:
        return []
    times = [report.reported_at for report in reports]
    start = min(times)
    span = max(max(times) - start, timedelta(seconds=1))
    width = 100 - 2 * MARGIN
    return [
        Dot(report, round(MARGIN + width * ((report.reported_at - start) / span), 2))
        for report in reports
    ]
