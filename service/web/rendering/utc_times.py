"""Times in UTC: feeds, Markdown, pictures and link previews are the same for everyone."""

from datetime import UTC, date, datetime

from service.store.story_views.reports import Report
from service.web.rendering.reader_clock import MONTHS


def day(at: date) -> str:
    """Date in UTC, such as 25 Apr 2023."""
    utc = at.astimezone(UTC) if isinstance(at, datetime) else at
    return f"{utc.day} {MONTHS[utc.month - 1]} {utc.year}"


def date_time(at: datetime) -> str:
    """Date and time in UTC."""
    return f"{day(at)}, {at.astimezone(UTC):%H:%M}"


def report_time(report: Report) -> str:
    """Date of a report as precise as it is known, in UTC."""
    if report.published is None:
        return f"no date, no later than {date_time(report.reported_at)}"
    return day(report.day) if report.day else date_time(report.reported_at)
