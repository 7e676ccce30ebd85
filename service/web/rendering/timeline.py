"""When a story was reported, and where each report stands on a line of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from service.store.database.paging import Page, Position, cut
from service.store.story_views.reports import Report

#: The line leaves room for half a dot at either end, in percent.
MARGIN = 2.0


@dataclass(frozen=True, slots=True)
class Point:
    """A report, and how many outlets had reported by then."""

    report: Report
    coverage: int


@dataclass(frozen=True, slots=True)
class Dot:
    """A report at its place on the line, in percent from the left."""

    report: Report
    x: float


@dataclass(frozen=True, slots=True)
class Lane:
    """One outlet's reports on the line."""

    outlet: str
    dots: tuple[Dot, ...]


def points(reports: Sequence[Report]) -> list[Point]:
    """The growth of coverage, report by report; they must be in order of time."""
    outlets: set[str] = set()
    found = []
    for report in reports:
        outlets.add(report.outlet.slug)
        found.append(Point(report, len(outlets)))
    return found


def page_of_points(reports: Sequence[Report], *, after: Position | None, limit: int) -> Page[Point]:
    """Some steps in the growth of coverage, after a report's time and number; each counts them all."""
    grown = [(each, (each.report.reported_at, each.report.article_id)) for each in points(reports)]
    return cut([step for step in grown if after is None or step[1] > after], limit)


def dots(reports: Sequence[Report]) -> list[Dot]:
    """Reports on a line from the first to the last; a single moment stands at its beginning."""
    if not reports:
        return []
    start = reports[0].reported_at
    span = max(reports[-1].reported_at - start, timedelta(seconds=1))
    width = 100 - 2 * MARGIN
    return [
        Dot(report, round(MARGIN + width * ((report.reported_at - start) / span), 2))
        for report in reports
    ]


def lanes(reports: Sequence[Report]) -> list[Lane]:
    """The line once for each outlet, in order of their first reports."""
    by_outlet: dict[str, list[Dot]] = {}
    for dot in dots(reports):
        by_outlet.setdefault(dot.report.outlet.name, []).append(dot)
    return [Lane(outlet, tuple(found)) for outlet, found in by_outlet.items()]
