"""When a subscriber's next issue is due: by local time, through zones and changes of clocks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: Two issues are at least this far apart, however somebody travels.
APART = timedelta(hours=12)
#: Among so many days there is one of each weekday, even where a zone left one out.
_LOOK_BACK = 8


@dataclass(frozen=True, slots=True)
class Rhythm:
    """At which local hour, 0 to 23, and on which ISO weekdays somebody wants an issue."""

    zone: ZoneInfo
    hour: int
    days: frozenset[int]


@dataclass(frozen=True, slots=True)
class Due:
    """The issue of a local date, and the moment for which it was meant, UTC."""

    local_date: date
    at: datetime

    def late(self, now: datetime, tolerance: timedelta) -> bool:
        """Whether it must say that it comes late."""
        return now - self.at > tolerance


def moment(local_date: date, rhythm: Rhythm) -> datetime | None:
    """When the issue of a local date is meant to come, UTC; None if a zone left that date out.

    Of an hour that the clocks leave out, it is as much later as they were put forward; of one
    that comes twice, the first.
    """
    at = datetime.combine(local_date, time(rhythm.hour), rhythm.zone).astimezone(UTC)
    return at if at.astimezone(rhythm.zone).date() == local_date else None


def due(
    rhythm: Rhythm,
    now: datetime,
    *,
    since: datetime,
    last: Due | None,
    make_up: timedelta,
) -> Due | None:
    """The issue that is to be made now, None if there is none.

    It is the latest one whose moment has come, so that of several lost days only the last one is
    made up, and that at most `make_up` after its moment. None is due from before `since`, when the
    subscriber confirmed or chose this rhythm. Local dates only go forward, and issues stay `APART`
    from the last one's moment: who moves to another zone gets no second issue of a day.
    """
    found = next((each for each in _backwards(rhythm, now) if each.at <= now), None)
    if found is None or found.at < max(since, now - make_up):
        return None
    if last and (found.local_date <= last.local_date or found.at - last.at < APART):
        return None
    return found


def _backwards(rhythm: Rhythm, now: datetime) -> Iterator[Due]:
    """The issues of the days up to today, the latest first."""
    today = now.astimezone(rhythm.zone).date()
    for days in range(_LOOK_BACK):
        local_date = today - timedelta(days=days)
        at = moment(local_date, rhythm)
        if at and local_date.isoweekday() in rhythm.days:
            yield Due(local_date, at)
