"""Comparison of two outlets, and values that are quiet today."""

from datetime import UTC, datetime, timedelta

import pytest

from service.domain.counts.comparison import ReportedStory, compare
from service.domain.counts.quiet_values import (
    DailyCounts,
    find_quiet,
    sum_by_day,
    sum_by_value,
)

#: Counts by day and keys.
Cells = dict[tuple[int, tuple[str, ...]], int]
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def story(name: str, first: int | None, second: int | None, *, exact: bool = True) -> ReportedStory:
    """A story with the minutes of the two first reports."""
    times = [None if each is None else NOON + timedelta(minutes=each) for each in (first, second)]
    return ReportedStory(name, 2, times[0], times[1], exact)


def test_shared_stories_count_for_the_earlier_outlet_if_both_times_are_known():
    found = compare(
        [
            story("a", 0, 30),
            story("b", 50, 40),
            story("c", 5, 5),
            story("d", 0, 90, exact=False),
            story("e", 10, None),
            story("f", None, 20),
        ]
    )
    assert (found.first_wins, found.second_wins, found.ties, found.untimed) == (1, 1, 1, 1)
    assert [each.story_id for each in found.shared] == ["d", "b", "a", "c"]
    assert [each.story_id for each in found.only_first + found.only_second] == ["e", "f"]
    assert found.median_lead == timedelta(0)
    assert compare([]).median_lead is None


@pytest.mark.parametrize(
    ("earlier", "today", "values"),
    [
        ([10] * 28, 0, ["GB"]),
        ([10] * 28, 4, ["GB"]),
        ([10] * 28, 6, []),  # more than half
        ([10] * 20 + [2] * 8, 2, []),  # weekends have as few
        ([3, 0] * 14, 0, []),  # often silent
    ],
)
def test_a_value_is_quiet_with_fewer_articles_than_on_every_earlier_day(
    earlier: list[int], today: int, values: list[str]
):
    found = find_quiet({"GB": [*earlier, today]})
    assert [each.value for each in found] == values


def test_days_are_summed_by_one_of_the_keys_and_need_a_week():
    cells: Cells = {(0, ("a", "GB")): 2, (0, ("b", "GB")): 3, (1, ("a", "")): 5}
    assert sum_by_value(cells, 1, 2) == {"GB": [5, 0]}
    assert sum_by_value(cells, 0, 2) == {"a": [2, 5], "b": [3, 0]}
    assert sum_by_day(cells, 2).days == (5, 5)
    assert not DailyCounts("", (*[1] * 6, 0)).has_enough_days
    assert DailyCounts("", (*[1] * 7, 0)).has_enough_days
    assert DailyCounts("", (50, 19)).has_few_articles
    assert not DailyCounts("", (50, 20)).has_few_articles
