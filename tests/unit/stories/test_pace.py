"""Tests of velocity, peak and delays."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.domain.stories.pace import (
    Delay,
    FirstReporters,
    TimedReport,
    find_first_reporters,
    list_delays,
    measure_pace,
)

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


def on_day(outlet: str, day: datetime) -> TimedReport:
    return TimedReport(outlet, day + timedelta(hours=24, seconds=-1), day=day)


def test_first_reporter_has_the_earliest_exact_time() -> None:
    assert find_first_reporters(reports(("b", 2), ("a", 1))) == FirstReporters(("a",), certain=True)
    assert find_first_reporters([]) == FirstReporters()


def test_equal_times_have_several_first_reporters_without_copies() -> None:
    tied = [*reports(("b", 1), ("a", 1), ("c", 2)), TimedReport("d", at(1), copy=True)]
    assert find_first_reporters(tied) == FirstReporters(("a", "b"), certain=False)
    assert find_first_reporters(tied[1:]) == FirstReporters(("a",), certain=True)


def test_report_of_a_day_makes_later_times_of_the_day_uncertain() -> None:
    exact = reports(("a", 1))
    same_day, next_day = (on_day("b", at(hours)) for hours in (-12, 12))

    assert find_first_reporters([*exact, same_day]) == FirstReporters(("a", "b"), certain=False)
    assert find_first_reporters([*exact, next_day]) == FirstReporters(("a",), certain=True)


def test_report_of_a_day_is_never_certainly_first() -> None:
    earlier = on_day("b", at(-36))

    assert find_first_reporters([earlier]) == FirstReporters(("b",), certain=False)
    assert find_first_reporters([*reports(("a", 1)), earlier]) == FirstReporters(
        ("b",), certain=False
    )


def test_undated_report_is_never_first_but_may_make_the_first_uncertain() -> None:
    exact = reports(("a", 1))

    assert find_first_reporters(exact, reports(("b", 2))) == FirstReporters(("a",), certain=True)
    assert find_first_reporters(exact, reports(("b", 0))) == FirstReporters(("a",), certain=False)
    assert find_first_reporters([], reports(("b", 0))) == FirstReporters()


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 50)), min_size=1))
def test_pace_is_bounded_by_the_number_of_reports(outlets_and_hours: list[tuple[str, int]]) -> None:
    result = measure_pace(reports(*outlets_and_hours))
    assert result is not None
    assert 1 <= result.peak_articles <= len(outlets_and_hours)
    assert 0 < result.articles_per_hour <= len(outlets_and_hours)
    assert 0 <= result.outlets_per_hour <= result.articles_per_hour
    assert list_delays(reports(*outlets_and_hours))[0].delay == timedelta(0)
