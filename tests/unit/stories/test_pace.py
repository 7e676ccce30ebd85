"""Tests of velocity, peak and delays."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.domain.stories.pace import Delay, TimedReport, list_delays, measure_pace

NOON = datetime(2023, 4, 25, 12, tzinfo=UTC)


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def reports(*outlets_and_hours: tuple[str, float]) -> list[TimedReport]:
    return [TimedReport(outlet, at(hours)) for outlet, hours in outlets_and_hours]


def test_velocity_covers_the_last_three_hours() -> None:
    result = measure_pace(reports(("a", 0), ("b", 5), ("a", 6), ("c", 7), ("b", 7.5)))
    assert result is not None
    assert (result.articles_per_hour, result.outlets_per_hour) == (4 / 3, 2 / 3)
    assert result.until == at(7.5)


def test_peak_is_the_first_busiest_hour() -> None:
    result = measure_pace(reports(("a", 0), ("b", 2), ("c", 2.5), ("d", 3), ("e", 9), ("f", 9.5)))
    assert result is not None
    assert (result.peak_articles, result.peak_at) == (2, at(2))


def test_no_reports_give_no_pace() -> None:
    assert measure_pace([]) is None
    assert list_delays([]) == []


def test_delays_are_relative_to_the_first_reporter() -> None:
    mixed = [
        *reports(("b", 2), ("a", 1), ("b", 0.5), ("c", 4)),
        TimedReport("d", at(0.5), copy=True),
    ]
    assert list_delays(mixed) == [
        Delay("b", at(0.5), timedelta(0), copy=False),
        Delay("d", at(0.5), timedelta(0), copy=True),
        Delay("a", at(1), timedelta(hours=0.5), copy=False),
        Delay("c", at(4), timedelta(hours=3.5), copy=False),
    ]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 50)), min_size=1))
def test_pace_is_bounded_by_the_number_of_reports(outlets_and_hours: list[tuple[str, int]]) -> None:
    result = measure_pace(reports(*outlets_and_hours))
    assert result is not None
    assert 1 <= result.peak_articles <= len(outlets_and_hours)
    assert 0 < result.articles_per_hour <= len(outlets_and_hours)
    assert 0 <= result.outlets_per_hour <= result.articles_per_hour
    assert list_delays(reports(*outlets_and_hours))[0].delay == timedelta(0)
