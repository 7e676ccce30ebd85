"""Consecutive time intervals that begin at full minutes, hours, days, weeks or months of a zone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from service.errors import BadInputError

#: Maximum number of intervals of one request.
MAX_INTERVALS = 1500
_DECEMBER = 12


class Interval(StrEnum):
    """Length of a time interval; weeks begin on Monday."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def interval_starts(
    interval: Interval, since: datetime, until: datetime, zone: ZoneInfo
) -> list[datetime]:
    """The starts in UTC of all intervals that overlap the time from `since` to before `until`.

    The first interval may begin before `since`. Days last 23 to 25 hours where clocks change.

    Raises:
        BadInputError: there are more than `MAX_INTERVALS` intervals, or a time is out of range.
    """
    starts: list[datetime] = []
    try:
        for start in _iterate_starts(interval, since, zone):
            if start >= until and starts:
                break
            starts.append(start)
            if len(starts) > MAX_INTERVALS:
                raise BadInputError(
                    f"More than {MAX_INTERVALS} intervals of one {interval} between "
                    f"{since.date()} and {until.date()}: choose a longer interval or a later since"
                )
    except (OverflowError, ValueError) as error:
        raise BadInputError(f"Time out of range: {since.date()} in {zone}") from error
    return starts


def _iterate_starts(interval: Interval, since: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    if interval in {Interval.MINUTE, Interval.HOUR}:
        yield from _iterate_clock_starts(interval, since, zone)
    else:
        yield from _iterate_calendar_starts(interval, since, zone)


def _iterate_clock_starts(
    interval: Interval, since: datetime, zone: ZoneInfo
) -> Iterator[datetime]:
    """Step in elapsed time, because local minutes and hours repeat when clocks go back."""
    step = timedelta(minutes=1) if interval is Interval.MINUTE else timedelta(hours=1)
    local = since.astimezone(zone)
    minutes = local.minute if interval is Interval.HOUR else 0
    excess = timedelta(minutes=minutes, seconds=local.second, microseconds=local.microsecond)
    start = since.astimezone(UTC) - excess
    while True:
        yield start
        start += step


def _iterate_calendar_starts(
    interval: Interval, since: datetime, zone: ZoneInfo
) -> Iterator[datetime]:
    """Step in local dates, because days are not equally long."""
    day = since.astimezone(zone).replace(tzinfo=None)
    day = day.replace(hour=0, minute=0, second=0, microsecond=0)
    if interval is Interval.WEEK:
        day -= timedelta(days=day.weekday())
    if interval is Interval.MONTH:
        day = day.replace(day=1)
    while True:
        yield day.replace(tzinfo=zone).astimezone(UTC)
        if interval is Interval.MONTH:
            is_last = day.month == _DECEMBER
            day = day.replace(year=day.year + is_last, month=1 if is_last else day.month + 1)
        else:
            day += timedelta(days=7 if interval is Interval.WEEK else 1)
