"""Due dates of editions: time zones, clock changes, moves and missed days."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.subscribers.digests.schedule import (
    MIN_INTERVAL,
    DeliverySchedule,
    DueDate,
    due_time,
    next_due_date,
)

EVERY_DAY = frozenset(range(1, 8))
CATCH_UP = timedelta(hours=24)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
TIME_ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Honolulu",
    "Pacific/Kiritimati",
]


def schedule(time_zone: str, hour: int = 7, days: frozenset[int] = EVERY_DAY) -> DeliverySchedule:
    return DeliverySchedule(ZoneInfo(time_zone), hour, days)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("time_zone", "hour", "local_date", "expected"),
    [
        ("Europe/Berlin", 7, "2024-01-15", "2024-01-15T06:00"),
        ("Europe/Berlin", 7, "2024-07-15", "2024-07-15T05:00"),
        # 02:00 is skipped and becomes 03:00.
        ("Europe/Berlin", 2, "2024-03-31", "2024-03-31T01:00"),
        ("America/New_York", 2, "2024-03-10", "2024-03-10T07:00"),
        # Midnight is skipped.
        ("Africa/Cairo", 0, "2024-04-26", "2024-04-25T22:00"),
        # The clock change is half an hour.
        ("Australia/Lord_Howe", 2, "2024-10-06", "2024-10-05T15:30"),
        # 02:00 is repeated and the first one counts.
        ("Europe/Berlin", 2, "2024-10-27", "2024-10-27T00:00"),
        ("America/New_York", 1, "2024-11-03", "2024-11-03T05:00"),
        ("Asia/Kathmandu", 7, "2024-05-01", "2024-05-01T01:15"),
        ("Pacific/Kiritimati", 7, "2024-05-01", "2024-04-30T17:00"),
    ],
)
def test_due_time_of_a_local_hour(time_zone: str, hour: int, local_date: str, expected: str):
    assert due_time(day(local_date), schedule(time_zone, hour)) == utc(expected)


def test_skipped_date_has_no_edition():
    # Samoa skipped 30 December 2011.
    assert due_time(day("2011-12-30"), schedule("Pacific/Apia")) is None
    last = DueDate(day("2011-12-29"), utc("2011-12-29T17:00"))
    result = next_due_date(
        schedule("Pacific/Apia"),
        utc("2011-12-30T18:00"),
        since=LONG_AGO,
        last=last,
        catch_up=CATCH_UP,
    )
    assert result == DueDate(day("2011-12-31"), utc("2011-12-30T17:00"))


@pytest.mark.parametrize(
    ("before", "after", "last", "now", "expected"),
    [
        # Berlin to New York: today's edition was sent, tomorrow's follows.
        ("Europe/Berlin", "America/New_York", "2024-05-01", "2024-05-01T12:00", None),
        ("Europe/Berlin", "America/New_York", "2024-05-01", "2024-05-02T11:00", "2024-05-02"),
        # Auckland to Honolulu: a repeated date has no second edition.
        ("Pacific/Auckland", "Pacific/Honolulu", "2024-05-02", "2024-05-01T17:00", None),
        ("Pacific/Auckland", "Pacific/Honolulu", "2024-05-02", "2024-05-02T17:00", None),
        ("Pacific/Auckland", "Pacific/Honolulu", "2024-05-02", "2024-05-03T17:00", "2024-05-03"),
        # Honolulu to Auckland: the next date is due after two hours, too soon.
        ("Pacific/Honolulu", "Pacific/Auckland", "2024-05-01", "2024-05-01T19:00", None),
        ("Pacific/Honolulu", "Pacific/Auckland", "2024-05-01", "2024-05-02T19:00", "2024-05-03"),
    ],
)
def test_move_to_another_time_zone_sends_one_edition_per_day(
    before: str, after: str, last: str, now: str, expected: str | None
):
    at = due_time(day(last), schedule(before))
    assert at is not None
    result = next_due_date(
        schedule(after), utc(now), since=LONG_AGO, last=DueDate(day(last), at), catch_up=CATCH_UP
    )
    assert (result.local_date.isoformat() if result else None) == expected


def test_nothing_is_due_before_the_hour_or_on_other_days():
    weekdays = schedule("UTC", 7, frozenset(range(1, 6)))
    friday = DueDate(day("2024-05-03"), utc("2024-05-03T07:00"))

    def at(now: str, last: DueDate | None) -> DueDate | None:
        return next_due_date(weekdays, utc(now), since=LONG_AGO, last=last, catch_up=CATCH_UP)

    assert at("2024-05-03T06:59", DueDate(day("2024-05-02"), utc("2024-05-02T07:00"))) is None
    assert at("2024-05-03T07:00", None) == friday
    assert at("2024-05-04T08:00", friday) is None
    assert at("2024-05-05T08:00", friday) is None
    assert at("2024-05-06T08:00", friday) == DueDate(day("2024-05-06"), utc("2024-05-06T07:00"))


def test_first_edition_after_the_hour_is_due_next_day():
    since = utc("2024-05-03T09:00")
    daily = schedule("UTC")
    assert (
        next_due_date(daily, utc("2024-05-03T09:01"), since=since, last=None, catch_up=CATCH_UP)
        is None
    )
    assert next_due_date(daily, utc("2024-05-04T07:01"), since=since, last=None, catch_up=CATCH_UP)


def test_last_of_several_missed_days_is_caught_up():
    last = DueDate(day("2024-05-01"), utc("2024-05-01T07:00"))
    now = utc("2024-05-05T03:00")
    result = next_due_date(schedule("UTC"), now, since=LONG_AGO, last=last, catch_up=CATCH_UP)
    assert result == DueDate(day("2024-05-04"), utc("2024-05-04T07:00"))
    assert result.is_late(now, timedelta(hours=1))
    assert not result.is_late(utc("2024-05-04T07:59"), timedelta(hours=1))


def test_edition_missed_for_too_long_is_skipped():
    weekly = schedule("UTC", 7, frozenset({1}))
    now = utc("2024-05-08T07:00")
    assert next_due_date(weekly, now, since=LONG_AGO, last=None, catch_up=CATCH_UP) is None
    assert (
        next_due_date(weekly, now, since=LONG_AGO, last=None, catch_up=timedelta(days=3))
        is not None
    )


@given(
    time_zone=st.sampled_from(TIME_ZONES),
    hour=st.integers(0, 23),
    days=st.frozensets(st.integers(1, 7), min_size=1),
    start=st.dates(date(2023, 1, 1), date(2024, 12, 1)),
)
def test_each_selected_date_gets_one_edition(
    time_zone: str, hour: int, days: frozenset[int], start: date
):
    fixed = schedule(time_zone, hour, days)
    begin = datetime(start.year, start.month, start.day, tzinfo=UTC)
    editions = simulate([fixed], begin, hours=24 * 16)
    dates = [each.local_date for each in editions]
    assert all(earlier < later for earlier, later in pairwise(dates))
    inner = [start + timedelta(days=n) for n in range(2, 14)]
    assert {each for each in inner if each.isoweekday() in days} == set(dates) & set(inner)


@given(
    time_zones=st.lists(st.sampled_from(TIME_ZONES), min_size=1, max_size=20),
    hour=st.integers(0, 23),
    start=st.dates(date(2023, 1, 1), date(2024, 12, 1)),
)
def test_constant_moves_never_send_two_editions_per_day(
    time_zones: list[str], hour: int, start: date
):
    begin = datetime(start.year, start.month, start.day, tzinfo=UTC)
    editions = simulate(
        [schedule(time_zone, hour) for time_zone in time_zones], begin, hours=24 * 14
    )
    for earlier, later in pairwise(editions):
        assert earlier.local_date < later.local_date
        assert later.at - earlier.at >= MIN_INTERVAL


def simulate(schedules: list[DeliverySchedule], begin: datetime, *, hours: int) -> list[DueDate]:
    """All editions in some hours, checked every half hour; the schedule changes every 17 hours."""
    result: list[DueDate] = []
    for step in range(hours * 2):
        now = begin + timedelta(minutes=30 * step)
        current = schedules[step // 34 % len(schedules)]
        last = result[-1] if result else None
        if due := next_due_date(current, now, since=LONG_AGO, last=last, catch_up=CATCH_UP):
            result.append(due)
    return result
