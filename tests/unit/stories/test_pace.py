from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.domain.stories.pace import Delay, TimedReport, list_delays, measure_pace

NOON = datetime(2023, 4, 25, 12, tzinfo=UTC)


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def reports(*told: tuple[str, float]) -> list[TimedReport]:
    return [TimedReport(outlet, at(hours)) for outlet, hours in told]


def test_velocity_is_that_of_the_last_three_hours() -> None:
    found = measure_pace(reports(("a", 0), ("b", 5), ("a", 6), ("c", 7), ("b", 7.5)))
    assert found is not None
    assert (found.articles_per_hour, found.outlets_per_hour) == (4 / 3, 2 / 3)
    assert found.until == at(7.5)


def test_the_peak_is_the_busiest_hour_the_first_of_two() -> None:
    found = measure_pace(reports(("a", 0), ("b", 2), ("c", 2.5), ("d", 3), ("e", 9), ("f", 9.5)))
    assert found is not None
    assert (found.peak_articles, found.peak_at) == (2, at(2))


def test_without_reports_there_is_no_pace() -> None:
    assert measure_pace([]) is None
    assert list_delays([]) == []


def test_delays_count_from_the_first_reporter() -> None:
    told = [
        *reports(("b", 2), ("a", 1), ("b", 0.5), ("c", 4)),
        TimedReport("d", at(0.5), copy=True),
    ]
    assert list_delays(told) == [
        Delay("b", at(0.5), timedelta(0), copy=False),
        Delay("d", at(0.5), timedelta(0), copy=True),
        Delay("a", at(1), timedelta(hours=0.5), copy=False),
        Delay("c", at(4), timedelta(hours=3.5), copy=False),
    ]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 50)), min_size=1))
def test_figures_stay_within_what_was_reported(told: list[tuple[str, int]]) -> None:
    found = measure_pace(reports(*told))
    assert found is not None
    assert 1 <= found.peak_articles <= len(told)
    assert 0 < found.articles_per_hour <= len(told)
    assert 0 <= found.outlets_per_hour <= found.articles_per_hour
    assert list_delays(reports(*told))[0].delay == timedelta(0)
