"""How fast a story is reported: velocity, peak, who was first and by how much."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

#: Velocity is measured over so many hours up to the last report.
HOURS = 3.0
#: The peak is the busiest span of this length.
PEAK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Report:
    """An outlet's report at a moment that can be trusted; `copy` marks a reprint."""

    outlet: str
    at: datetime
    copy: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """A story's speed.

    `articles_per_hour` and `outlets_per_hour` (outlets that reported for the first time) are
    means of the `HOURS` up to `until`, the last report. `peak_articles` came within the hour that
    begins at `peak_at`, the first such hour of several.
    """

    articles_per_hour: float
    outlets_per_hour: float
    until: datetime
    peak_articles: int
    peak_at: datetime


@dataclass(frozen=True, slots=True)
class Delay:
    """How long after the first reporter an outlet had its first report; 0 for that one."""

    outlet: str
    at: datetime
    delay: timedelta
    copy: bool


def pace(reports: Sequence[Report]) -> Pace | None:
    """The speed of a story, None without reports; copies count, for they spread it too."""
    if not reports:
        return None
    times = sorted(report.at for report in reports)
    since = times[-1] - timedelta(hours=HOURS)
    recent = len(times) - bisect_left(times, since)
    newcomers = sum(each.at >= since for each in delays(reports))
    busiest, peak_at = max(
        ((bisect_left(times, at + PEAK) - place, at) for place, at in enumerate(times)),
        key=lambda found: found[0],
    )
    return Pace(recent / HOURS, newcomers / HOURS, times[-1], busiest, peak_at)


def delays(reports: Sequence[Report]) -> list[Delay]:
    """Each outlet's first report, earliest first; the first of them is the first reporter.

    Of two at one moment the one that is no copy comes first, then the outlet's name decides.
    """
    ordered = sorted(reports, key=lambda each: (each.at, each.copy, each.outlet))
    first: dict[str, Report] = {}
    for report in ordered:
        first.setdefault(report.outlet, report)
    return [
        Delay(each.outlet, each.at, each.at - ordered[0].at, each.copy) for each in first.values()
    ]
