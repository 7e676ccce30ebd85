"""Delivery schedule of the digest: due dates in local time, across time zones and clock changes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: Shortest time between two editions, also after a change of the time zone.
MIN_INTERVAL = timedelta(hours=12)
#: Days searched back for the latest due date. Eight days contain each weekday even where a time
#: zone skipped one.
_SEARCH_DAYS = 8


@dataclass(frozen=True, slots=True)
class DeliverySchedule:
    """Local hour, 0 to 23, and ISO weekdays on which a subscriber gets an edition."""

    time_zone: ZoneInfo
    hour: int
    days: frozenset[int]


@dataclass(frozen=True, slots=True)
class DueDate:
    """Local date of an edition, and the UTC time at which it is due."""

    local_date: date
    at: datetime

    def is_late(self, now: datetime, tolerance: timedelta) -> bool:
        """Whether the delay exceeds `tolerance`."""
        return now - self.at > tolerance


def due_time(local_date: date, schedule: DeliverySchedule) -> datetime | None:
    """UTC time at which the edition of a local date is due; None if the time zone skipped the date.

    An hour skipped by a clock change moves forward by the size of the change. If a clock change
    repeats the hour, the first of both counts.
    """
    at = datetime.combine(local_date, time(schedule.hour), schedule.time_zone).astimezone(UTC)
    return at if at.astimezone(schedule.time_zone).date() == local_date else None


def next_due_date(
    schedule: DeliverySchedule,
    now: datetime,
    *,
    since: datetime,
    last: DueDate | None,
    catch_up: timedelta,
) -> DueDate | None:
    """The edition to create now, or None.

    This is the latest edition that is due, at most `catch_up` ago: after several missed days only
    the last one is caught up. No edition is due before `since`, when the subscriber confirmed or
    chose this schedule. Local dates only increase, and editions keep `MIN_INTERVAL` from the `last`
    one, so a change of the time zone does not produce a second edition of a day.
    """
    latest = _latest_due_date(schedule, now)
    if latest is None or latest.at < max(since, now - catch_up):
        return None
    if last and (latest.local_date <= last.local_date or latest.at - last.at < MIN_INTERVAL):
        return None
    return latest


def _latest_due_date(schedule: DeliverySchedule, now: datetime) -> DueDate | None:
    today = now.astimezone(schedule.time_zone).date()
    for days in range(_SEARCH_DAYS):
        local_date = today - timedelta(days=days)
        at = due_time(local_date, schedule)
        if at and at <= now and local_date.isoweekday() in schedule.days:
            return DueDate(local_date, at)
    return None
