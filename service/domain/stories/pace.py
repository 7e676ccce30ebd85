"""Pace of a story: velocity, busiest hour and each outlet's delay behind the first reporter."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: Length in hours of the period, ending at the last report, over which velocity is measured.
VELOCITY_HOURS = 3.0
#: Length of the busiest period.
PEAK_SPAN = timedelta(hours=1)
#: Outlets that must join within `VELOCITY_HOURS` for a story to be developing.
DEVELOPING_OUTLETS = 3


@dataclass(frozen=True, slots=True)
class TimedReport:
    """An outlet's report at its trusted time, or at its arrival; `copy` marks a copy.

    If only the day is known, `day` is the start of it and `at` its latest possible time.
    """

    outlet: str
    at: datetime
    copy: bool = False
    day: datetime | None = None


@dataclass(frozen=True, slots=True)
class FirstReporters:
    """The outlets that may have reported first, the likeliest first.

    `certain` means that there is one, and that its time is known to the minute.
    """

    outlets: tuple[str, ...] = ()
    certain: bool = False
    at: datetime | None = field(default=None, compare=False)  #: time of their report


@dataclass(frozen=True, slots=True)
class Pace:
    """Reporting speed of a story.

    `articles_per_hour` and `outlets_per_hour` (outlets with their first report) are means over the
    `VELOCITY_HOURS` up to `until`, the last report. `peak_articles` is the number of articles in
    the busiest hour, `peak_at` the start of the first such hour.
    """

    articles_per_hour: float
    outlets_per_hour: float
    until: datetime
    peak_articles: int
    peak_at: datetime


@dataclass(frozen=True, slots=True)
class Delay:
    """Time from the story's first report to an outlet's first report; 0 for the first reporter."""

    outlet: str
    at: datetime
    delay: timedelta
    copy: bool


def measure_pace(reports: Sequence[TimedReport]) -> Pace | None:
    """The pace of a story, including copies; None without reports."""
    if not reports:
        return None
    times = sorted(report.at for report in reports)
    since = times[-1] - timedelta(hours=VELOCITY_HOURS)
    recent = len(times) - bisect_left(times, since)
    new_outlets = sum(each.at >= since for each in list_delays(reports))
    peak_articles, peak_at = max(
        ((bisect_left(times, at + PEAK_SPAN) - index, at) for index, at in enumerate(times)),
        key=lambda candidate: candidate[0],
    )
    return Pace(
        recent / VELOCITY_HOURS, new_outlets / VELOCITY_HOURS, times[-1], peak_articles, peak_at
    )


def find_first_reporters(
    reports: Sequence[TimedReport], undated: Sequence[TimedReport] = ()
) -> FirstReporters:
    """Find the outlets that may have reported first; no other outlet certainly reported earlier.

    The caller leaves out articles that cannot be first, such as live pages: their time is that at
    which they were opened. `undated` reports have the time of their arrival and are never first. If
    one of them arrived before all dated reports and is from another outlet, no outlet is certainly
    first. Among reports with the same time, originals take precedence over copies.
    """
    if not reports:
        return FirstReporters()
    earliest = min(report.at for report in reports)
    possible = [report for report in reports if (report.day or report.at) <= earliest]
    ranked = sorted(possible, key=lambda each: (each.at, each.day is not None, each.outlet))
    own = {each.at for each in ranked if not each.copy}
    rivals = [each for each in ranked if not (each.copy and each.day is None and each.at in own)]
    outlets = tuple(dict.fromkeys(each.outlet for each in rivals))
    overtaken = any(each.at <= earliest and each.outlet not in outlets for each in undated)
    certain = len(outlets) == 1 and rivals[0].day is None and not overtaken
    return FirstReporters(outlets, certain, earliest)


def list_delays(reports: Sequence[TimedReport]) -> list[Delay]:
    """Each outlet's first report with its delay, the first reporter first.

    At equal times, originals come before copies, then outlets in alphabetical order.
    """
    ordered = sorted(reports, key=lambda each: (each.at, each.copy, each.outlet))
    first: dict[str, TimedReport] = {}
    for report in ordered:
        first.setdefault(report.outlet, report)
    return [
        Delay(each.outlet, each.at, each.at - ordered[0].at, each.copy) for each in first.values()
    ]


def is_developing(pace: Pace | None, now: datetime) -> bool:
    """Whether a story grew fast just before its last report, and this report is recent.

    At least `DEVELOPING_OUTLETS` outlets joined in the `VELOCITY_HOURS` before the last report,
    which is at most `VELOCITY_HOURS` old.
    """
    if pace is None or now - pace.until > timedelta(hours=VELOCITY_HOURS):
        return False
    return pace.outlets_per_hour * VELOCITY_HOURS >= DEVELOPING_OUTLETS
