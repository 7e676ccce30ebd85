"""Fetch schedule: intervals, backoff and bounds."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.catalogue.fetch_schedule import (
    SPREAD,
    FetchHistory,
    natural_interval,
    next_fetch_at,
)
from service.settings.sections.ingest import PacingSettings

NOW = datetime(2020, 4, 20, 12, 0, tzinfo=UTC)
SETTINGS = PacingSettings(
    min_interval_minutes=5,
    max_interval_minutes=24 * 60,
    default_interval_minutes=30,
    max_hint_minutes=60,
    max_retry_after_minutes=24 * 60,
)


def minutes(history: FetchHistory, jitter: float = 0.0) -> float | None:
    due = next_fetch_at(history, now=NOW, jitter=jitter, settings=SETTINGS)
    return None if due is None else (due - NOW).total_seconds() / 60


def every(gap: timedelta, *, count: int = 10, silence: timedelta = timedelta(0)) -> list[datetime]:
    return [NOW - silence - gap * number for number in range(count)]


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (FetchHistory(), 30),
        (FetchHistory(entry_times=every(timedelta(hours=1))), 30),
        (FetchHistory(entry_times=every(timedelta(minutes=2))), 5),
        (FetchHistory(entry_times=every(timedelta(days=30))), 1200),
        (FetchHistory(entry_times=every(timedelta(minutes=2), silence=timedelta(hours=20))), 60),
        (FetchHistory(ttl=timedelta(minutes=45)), 45),
        (FetchHistory(ttl=timedelta(days=7)), 60),
        (FetchHistory(ttl=timedelta(minutes=1)), 30),
        (FetchHistory(error_count=1), 60),
        (FetchHistory(error_count=3), 240),
        (FetchHistory(error_count=500), 1200),
        (FetchHistory(retry_after=timedelta(hours=3)), 180),
        (FetchHistory(retry_after=timedelta(seconds=1)), 30),
        (FetchHistory(error_count=2, retry_after=timedelta(days=400)), 1440),
        (FetchHistory(interval=timedelta(minutes=1), ttl=timedelta(hours=1)), 1),
        (FetchHistory(interval=timedelta(days=3)), 4320),
        (FetchHistory(interval=timedelta(minutes=10), error_count=2), 40),
        (FetchHistory(interval=timedelta(days=3), error_count=2), 4320),
        (FetchHistory(interval=timedelta(minutes=10), retry_after=timedelta(hours=3)), 180),
    ],
)
def test_next_fetch_interval(history: FetchHistory, expected: float) -> None:
    assert minutes(history) == pytest.approx(expected)


def test_gone_feed_has_no_next_fetch() -> None:
    assert minutes(FetchHistory(gone=True)) is None


def test_jitter_spreads_simultaneous_feeds() -> None:
    waits = [minutes(FetchHistory(error_count=9), jitter / 10) for jitter in range(10)]

    assert len(set(waits)) == 10


def test_simultaneous_and_future_entries_do_not_affect_the_interval() -> None:
    batch = [NOW - timedelta(hours=2)] * 30

    assert natural_interval(batch, now=NOW) == timedelta(hours=1)
    assert natural_interval([NOW + timedelta(days=1)], now=NOW) is None
    assert natural_interval([], now=NOW) is None


_HISTORIES = st.builds(
    FetchHistory,
    error_count=st.integers(0, 10**6),
    retry_after=st.none() | st.timedeltas(timedelta(0), timedelta(days=10**6)),
    ttl=st.none() | st.timedeltas(timedelta(0), timedelta(days=10**6)),
    entry_times=st.lists(st.datetimes(timezones=st.just(UTC)), max_size=30),
)


@given(_HISTORIES, st.floats(0, 1, exclude_max=True))
def test_interval_is_always_within_bounds(history: FetchHistory, jitter: float) -> None:
    wait = minutes(history, jitter)

    assert wait is not None
    asked = min(history.retry_after or timedelta(0), timedelta(days=1)).total_seconds() / 60
    longest = max(SETTINGS.max_interval_minutes, asked * (1 + SPREAD))
    assert SETTINGS.min_interval_minutes <= wait <= longest + 0.001
    assert wait >= asked
