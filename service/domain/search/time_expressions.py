"""Time expressions in requests: ISO 8601, a date, or relative to a reference time."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_AGO = re.compile(r"-(\d{1,5})([mhdw])")
_DAY = re.compile(r"(today|yesterday|\d{4}-\d{2}-\d{2})(?:@([\w+/-]{1,64}))?")
_DATE_PREFIX = re.compile(r"\d{4}-\d\d-\d\d")
#: Names in the zone folder of a machine that are no IANA zones.
_MACHINE_ZONES = frozenset({"localtime", "Factory", "posixrules"})
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
#: Examples of all forms, for error messages and descriptions of parameters.
TIME_FORMS = (
    "ISO 8601 such as 2026-11-29T08:00:00Z; a day such as 2026-11-29, today or "
    "today@Europe/Berlin; now; or a period before now such as -90m, -24h, -7d or -2w"
)


def load_zone(name: str) -> ZoneInfo:
    """The IANA time zone of this name.

    Raises:
        ZoneInfoNotFoundError: there is none, or the name depends on the machine.
        ValueError: the name is a path.
    """
    if name in _MACHINE_ZONES or name.startswith(("posix/", "right/")):
        raise ZoneInfoNotFoundError(f"{name} depends on the machine")
    try:
        return ZoneInfo(name)
    except OSError as error:  # a folder, or too long for a file name
        raise ZoneInfoNotFoundError(f"no zone {name[:80]}") from error


def parse_time(text: str, now: datetime) -> datetime:
    """Return the UTC time that `text` denotes; `now` is the reference of relative forms.

    A day is its start, in UTC or in the zone after `@`. ISO 8601 without a zone is UTC.

    Raises:
        ValueError: `text` has none of the forms in `TIME_FORMS`, an unknown zone, or a time outside
            the years 1 to 9999.
    """
    expression = text.strip()
    try:
        if expression == "now":
            return now.astimezone(UTC)
        if ago := _AGO.fullmatch(expression):
            return now.astimezone(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        if day := _DAY.fullmatch(expression):
            return _start_of_day(day[1], load_zone(day[2] or "UTC"), now)
        # A number without hyphens is not a time.
        time = datetime.fromisoformat(expression if _DATE_PREFIX.match(expression) else "")
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ZoneInfoNotFoundError, OSError, OverflowError, ValueError) as error:
        raise ValueError(f"{text!r:.100} is not a time: use {TIME_FORMS}") from error


def end_of_day(text: str, now: datetime | None = None) -> datetime:
    """Return the UTC time at which a day ends; `now` is the reference of today and yesterday.

    Raises:
        ValueError: `text` is not a day (`is_day`), or the time is out of range.
    """
    day = _DAY.fullmatch(text.strip())
    if day is None:
        raise ValueError(f"{text!r:.100} is not a day: use a date such as 2026-11-29, or today")
    start = parse_time(text, now or datetime(2000, 1, 1, tzinfo=UTC))
    try:
        # A day has 23 to 25 hours where clocks change.
        local = start.astimezone(load_zone(day[2] or "UTC")).replace(tzinfo=None)
        end = local + timedelta(days=1)
        return end.replace(tzinfo=load_zone(day[2] or "UTC")).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r:.100} is out of range: use an earlier day") from error


def is_day(text: str) -> bool:
    """Whether `text` denotes a whole day, such as `today@Europe/Berlin` or `2026-11-29`."""
    return _DAY.fullmatch(text.strip()) is not None


def is_relative(text: str) -> bool:
    """Whether the value of `parse_time` depends on its reference time."""
    return text.strip().startswith(("-", "now", "today", "yesterday"))


def _start_of_day(day: str, zone: ZoneInfo, now: datetime) -> datetime:
    if day in {"today", "yesterday"}:
        today = now.astimezone(zone).date()
        date = today - timedelta(days=1) if day == "yesterday" else today
    else:
        date = datetime.fromisoformat(day).date()
    return datetime(date.year, date.month, date.day, tzinfo=zone).astimezone(UTC)
