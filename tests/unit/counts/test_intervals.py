"""Starts of time intervals in time zones with changing clocks."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from service.domain.counts.intervals import MAX_INTERVALS, Interval, interval_starts
from service.errors import BadInputError

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("interval", "since", "until", "zone", "expected"),
    [
        ("minute", "2023-04-25T11:20:30", "2023-04-25T11:22", "UTC", ["11:20", "11:21"]),
        ("hour", "2023-04-25T11:20", "2023-04-25T13:00", "UTC", ["11:00", "12:00"]),
        ("hour", "2023-04-25T11:20", "2023-04-25T12:00", "Asia/Kolkata", ["10:30", "11:30"]),
        ("day", "2023-04-25T23:00", "2023-04-26T23:00", "Europe/Berlin", ["22:00", "22:00"]),
    ],
)
def test_intervals_begin_in_the_time_zone(
    interval: str, since: str, until: str, zone: str, expected: list[str]
):
    starts = interval_starts(Interval(interval), at(since), at(until), ZoneInfo(zone))
    assert [f"{start:%H:%M}" for start in starts] == expected


def test_days_are_as_long_as_the_clocks_make_them():
    spring = interval_starts(Interval.DAY, at("2023-03-25"), at("2023-03-29"), BERLIN)
    autumn = interval_starts(Interval.DAY, at("2023-10-28"), at("2023-11-01"), BERLIN)
    for starts, changed in ((spring, 23), (autumn, 25)):
        hours = [(end - start) / timedelta(hours=1) for start, end in pairwise(starts)]
        assert changed in hours
        assert set(hours) == {24, changed}


def test_hours_do_not_repeat_when_clocks_go_back():
    starts = interval_starts(Interval.HOUR, at("2023-10-28T23:00"), at("2023-10-29T03:00"), BERLIN)
    assert len(starts) == len(set(starts)) == 4


def test_weeks_begin_on_monday_and_months_on_their_first_day():
    weeks = interval_starts(Interval.WEEK, at("2023-04-26"), at("2023-05-09"), ZoneInfo("UTC"))
    assert [f"{start:%a %d}" for start in weeks] == ["Mon 24", "Mon 01", "Mon 08"]
    months = interval_starts(Interval.MONTH, at("2022-11-30"), at("2023-02-02"), ZoneInfo("UTC"))
    assert [f"{start:%m-%d}" for start in months] == ["11-01", "12-01", "01-01", "02-01"]


def test_too_many_intervals_are_rejected():
    start = at("2023-01-01")
    longest = start + timedelta(minutes=MAX_INTERVALS)
    assert len(interval_starts(Interval.MINUTE, start, longest, BERLIN)) == MAX_INTERVALS
    with pytest.raises(BadInputError, match="longer interval"):
        interval_starts(Interval.MINUTE, start, longest + timedelta(seconds=1), BERLIN)


@pytest.mark.parametrize("since", ["0001-01-01", "9999-12-31"])
def test_times_at_the_ends_of_the_calendar_are_rejected(since: str):
    with pytest.raises(BadInputError, match="out of range"):
        interval_starts(
            Interval.MONTH, at(since), datetime.max.replace(tzinfo=UTC), ZoneInfo("America/Lima")
        )
