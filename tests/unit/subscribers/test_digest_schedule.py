"""When issues are due: zones, changes of clocks, moves, lost days."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.subscribers.digest_schedule import APART, Due, Rhythm, due, moment

EVERY_DAY = frozenset(range(1, 8))
MAKE_UP = timedelta(hours=24)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ZONES = [
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


def rhythm(zone: str, hour: int = 7, days: frozenset[int] = EVERY_DAY) -> Rhythm:
    return Rhythm(ZoneInfo(zone), hour, days)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "hour", "local_date", "expected"),
    [
        ("Europe/Berlin", 7, "2024-01-15", "2024-01-15T06:00"),
        ("Europe/Berlin", 7, "2024-07-15", "2024-07-15T05:00"),
        # The clocks leave 02:00 out: it is 03:00 then.
        ("Europe/Berlin", 2, "2024-03-31", "2024-03-31T01:00"),
        ("America/New_York", 2, "2024-03-10", "2024-03-10T07:00"),
        # Midnight itself is left out.
        ("Africa/Cairo", 0, "2024-04-26", "2024-04-25T22:00"),
        # Clocks that are put forward by half an hour.
        ("Australia/Lord_Howe", 2, "2024-10-06", "2024-10-05T15:30"),
        # 02:00 comes twice: the first time counts.
        ("Europe/Berlin", 2, "2024-10-27", "2024-10-27T00:00"),
        ("America/New_York", 1, "2024-11-03", "2024-11-03T05:00"),
        ("Asia/Kathmandu", 7, "2024-05-01", "2024-05-01T01:15"),
        ("Pacific/Kiritimati", 7, "2024-05-01", "2024-04-30T17:00"),
    ],
)
def test_the_moment_of_a_local_hour(zone: str, hour: int, local_date: str, expected: str):
    assert moment(day(local_date), rhythm(zone, hour)) == utc(expected)


def test_a_date_that_a_zone_left_out_has_no_issue():
    # Samoa went from the 29th to the 31st.
    assert moment(day("2011-12-30"), rhythm("Pacific/Apia")) is None
    last = Due(day("2011-12-29"), utc("2011-12-29T17:00"))
    found = due(
        rhythm("Pacific/Apia"), utc("2011-12-30T18:00"), since=LONG_AGO, last=last, make_up=MAKE_UP
    )
    assert found == Due(day("2011-12-31"), utc("2011-12-30T17:00"))


@pytest.mark.parametrize(
    ("before", "after", "last", "now", "expected"),
    [
        # Berlin to New York: today's has come, tomorrow's follows.
        ("Europe/Berlin", "America/New_York", "2024-05-01", "2024-05-01T12:00", None),
        ("Europe/Berlin", "America/New_York", "2024-05-01", "2024-05-02T11:00", "2024-05-02"),
        # Auckland to Honolulu: the same date comes once more, and brings nothing.
        ("Pacific/Auckland", "Pacific/Honolulu", "2024-05-02", "2024-05-01T17:00", None),
        ("Pacific/Auckland", "Pacific/Honolulu", "2024-05-02", "2024-05-02T17:00", None),
        ("Pacific/Auckland", "Pacific/Honolulu", "2024-05-02", "2024-05-03T17:00", "2024-05-03"),
        # Honolulu to Auckland: the next date comes two hours later, too soon.
        ("Pacific/Honolulu", "Pacific/Auckland", "2024-05-01", "2024-05-01T19:00", None),
        ("Pacific/Honolulu", "Pacific/Auckland", "2024-05-01", "2024-05-02T19:00", "2024-05-03"),
    ],
)
def test_who_moves_gets_one_issue_a_day(
    before: str, after: str, last: str, now: str, expected: str | None
):
    at = moment(day(last), rhythm(before))
    assert at is not None
    found = due(rhythm(after), utc(now), since=LONG_AGO, last=Due(day(last), at), make_up=MAKE_UP)
    assert (found.local_date.isoformat() if found else None) == expected


def test_nothing_is_due_before_its_hour_or_on_other_days():
    weekdays = rhythm("UTC", 7, frozenset(range(1, 6)))
    friday = Due(day("2024-05-03"), utc("2024-05-03T07:00"))

    def at(now: str, last: Due | None) -> Due | None:
        return due(weekdays, utc(now), since=LONG_AGO, last=last, make_up=MAKE_UP)

    assert at("2024-05-03T06:59", Due(day("2024-05-02"), utc("2024-05-02T07:00"))) is None
    assert at("2024-05-03T07:00", None) == friday
    assert at("2024-05-04T08:00", friday) is None
    assert at("2024-05-05T08:00", friday) is None
    assert at("2024-05-06T08:00", friday) == Due(day("2024-05-06"), utc("2024-05-06T07:00"))


def test_who_subscribes_after_the_hour_waits_for_the_next_day():
    since = utc("2024-05-03T09:00")
    daily = rhythm("UTC")
    assert due(daily, utc("2024-05-03T09:01"), since=since, last=None, make_up=MAKE_UP) is None
    assert due(daily, utc("2024-05-04T07:01"), since=since, last=None, make_up=MAKE_UP)


def test_of_several_lost_days_the_last_one_is_made_up_late():
    last = Due(day("2024-05-01"), utc("2024-05-01T07:00"))
    now = utc("2024-05-05T03:00")
    found = due(rhythm("UTC"), now, since=LONG_AGO, last=last, make_up=MAKE_UP)
    assert found == Due(day("2024-05-04"), utc("2024-05-04T07:00"))
    assert found.late(now, timedelta(hours=1))
    assert not found.late(utc("2024-05-04T07:59"), timedelta(hours=1))


def test_what_was_lost_for_too_long_is_left_out():
    weekly = rhythm("UTC", 7, frozenset({1}))
    now = utc("2024-05-08T07:00")
    assert due(weekly, now, since=LONG_AGO, last=None, make_up=MAKE_UP) is None
    assert due(weekly, now, since=LONG_AGO, last=None, make_up=timedelta(days=3)) is not None


@given(
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23),
    days=st.frozensets(st.integers(1, 7), min_size=1),
    start=st.dates(date(2023, 1, 1), date(2024, 12, 1)),
)
def test_who_stays_gets_each_wanted_date_once(
    zone: str, hour: int, days: frozenset[int], start: date
):
    settled = rhythm(zone, hour, days)
    begin = datetime(start.year, start.month, start.day, tzinfo=UTC)
    got = issues([settled], begin, hours=24 * 16)
    dates = [each.local_date for each in got]
    assert all(earlier < later for earlier, later in pairwise(dates))
    inner = [start + timedelta(days=n) for n in range(2, 14)]
    assert {each for each in inner if each.isoweekday() in days} == set(dates) & set(inner)


@given(
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=20),
    hour=st.integers(0, 23),
    start=st.dates(date(2023, 1, 1), date(2024, 12, 1)),
)
def test_who_never_stays_gets_no_two_issues_of_a_day(zones: list[str], hour: int, start: date):
    begin = datetime(start.year, start.month, start.day, tzinfo=UTC)
    got = issues([rhythm(zone, hour) for zone in zones], begin, hours=24 * 14)
    for earlier, later in pairwise(got):
        assert earlier.local_date < later.local_date
        assert later.at - earlier.at >= APART


def issues(rhythms: list[Rhythm], begin: datetime, *, hours: int) -> list[Due]:
    """All issues of some days, looked for every half hour; the rhythm changes every 17 hours."""
    found: list[Due] = []
    for step in range(hours * 2):
        now = begin + timedelta(minutes=30 * step)
        current = rhythms[step // 34 % len(rhythms)]
        last = found[-1] if found else None
        if issue := due(current, now, since=LONG_AGO, last=last, make_up=MAKE_UP):
            found.append(issue)
    return found
