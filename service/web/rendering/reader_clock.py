"""Times for a reader: relative to now, and absolute in the reader's time zone."""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from service.store.story_views.reports import Report

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
#: Units of relative times, largest first.
UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1)))
#: Zones that forms offer, from west to east; a URL takes every IANA zone.
COMMON_ZONES = [
    "UTC",
    "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Denver",
    "America/Mexico_City", "America/Chicago", "America/Bogota", "America/New_York",
    "America/Halifax", "America/Santiago", "America/Sao_Paulo", "America/Argentina/Buenos_Aires",
    "America/St_Johns", "Atlantic/Azores", "Africa/Accra", "Europe/Lisbon", "Europe/London",
    "Africa/Lagos", "Europe/Berlin", "Europe/Paris", "Africa/Cairo", "Africa/Johannesburg",
    "Europe/Athens", "Europe/Kyiv", "Asia/Jerusalem", "Africa/Nairobi", "Asia/Riyadh",
    "Europe/Istanbul", "Europe/Moscow", "Asia/Tehran", "Asia/Dubai", "Asia/Kabul", "Asia/Karachi",
    "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dhaka", "Asia/Yangon", "Asia/Bangkok",
    "Asia/Shanghai", "Asia/Singapore", "Australia/Perth", "Asia/Seoul", "Asia/Tokyo",
    "Australia/Adelaide", "Australia/Sydney", "Pacific/Auckland",
]  # fmt: skip

#: Time zone of the reader of the current request, for templates; set by
#: `RequestContextMiddleware`.
current_zone: ContextVar[tzinfo] = ContextVar("current_zone", default=UTC)
#: Languages of the reader (ISO 639-1), the preferred one first; set by `RequestContextMiddleware`.
current_languages: ContextVar[tuple[str, ...]] = ContextVar("current_languages", default=())
#: Time at which a page is rendered, for templates; None outside of `render_template`.
current_time: ContextVar[datetime | None] = ContextVar("current_time", default=None)


@dataclass(frozen=True, slots=True)
class ReaderClock:
    """The current time of a page and the time zone of its reader."""

    now: datetime
    zone: tzinfo = UTC

    @property
    def zone_name(self) -> str:
        """IANA name of the zone."""
        return str(self.zone)

    def ago(self, at: datetime) -> str:
        """Time since `at` in its largest unit, such as 2 h ago; "in 5 min" for a later time.

        Days are calendar days in the reader's zone, as the date beside them.
        """
        span = self.now - at
        days = (self.now.astimezone(self.zone).date() - at.astimezone(self.zone).date()).days
        for unit, length in UNITS:
            if abs(span) >= length:
                count = abs(days) if length == timedelta(days=1) else abs(span) // length
                text = f"{count} {unit}"
                return f"{text} ago" if span > timedelta(0) else f"in {text}"
        return "just now"

    def since(self, at: datetime) -> str:
        """Time since `at` and its date and time, such as 2 h ago, 09:14."""
        return f"{self.ago(at)}, {self.date_time(at)}"

    def time(self, at: datetime) -> str:
        """Time of day, such as 09:14."""
        return f"{at.astimezone(self.zone):%H:%M}"

    def day(self, at: datetime) -> str:
        """Date, such as 25 Apr 2023; without the year if it is the current one."""
        local, current = at.astimezone(self.zone), self.now.astimezone(self.zone)
        return _day(local, with_year=local.year != current.year)

    def weekday(self, at: datetime) -> str:
        """Weekday and date, such as Tuesday, 25 Apr."""
        return f"{at.astimezone(self.zone):%A}, {self.day(at)}"

    def full(self, at: datetime) -> str:
        """Date with year, and time of day, such as 25 Apr 2023, 09:14."""
        return f"{_day(at.astimezone(self.zone), with_year=True)}, {self.time(at)}"

    def date_time(self, at: datetime) -> str:
        """Time of day, after the date unless it is today."""
        return self.near(at, self.now)

    def near(self, at: datetime, other: datetime) -> str:
        """Time of day, after the date unless the date is that of `other`."""
        same = at.astimezone(self.zone).date() == other.astimezone(self.zone).date()
        return self.time(at) if same else f"{self.day(at)}, {self.time(at)}"

    def period(self, first: datetime, last: datetime) -> str:
        """From `first` to `last`, such as 25 Apr 2023, 11:20 – 20:40; date and year always."""
        start = self.full(first)
        end = self.near(last, first)
        return start if end == self.time(first) else f"{start} – {end}"

    def report(self, report: Report, other: datetime) -> str:
        """Time of day of a report; its date if no time is known, or if `other` has another one."""
        if report.published is None:
            return "no date"
        if report.day:
            return _day(report.day, with_year=report.day.year != self.now.year)
        at = report.reported_at
        same = at.astimezone(self.zone).date() == other.astimezone(self.zone).date()
        return self.time(at) if same else self.day(at)


def _day(local: date, *, with_year: bool) -> str:
    year = f" {local.year}" if with_year else ""
    return f"{local.day} {MONTHS[local.month - 1]}{year}"
