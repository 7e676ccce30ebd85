"""Tests of story rank and slugs."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.stories.ranking import (
    HOURS_PER_DOUBLING,
    HOURS_PER_VELOCITY_DOUBLING,
    SINGLE_OUTLET_PENALTY_HOURS,
    compute_rank,
    explain_rank,
)
from service.domain.urls.slugs import MAX_CHARACTERS, slugify

MORNING = datetime(2023, 4, 25, 8, tzinfo=UTC)


def test_doubled_coverage_equals_twelve_hours() -> None:
    later = MORNING + timedelta(hours=HOURS_PER_DOUBLING)
    assert compute_rank(4, MORNING).total == pytest.approx(compute_rank(2, later).total)


def test_single_outlet_ranks_below_two_outlets_a_day_earlier() -> None:
    a_day_later = MORNING + timedelta(hours=SINGLE_OUTLET_PENALTY_HOURS)
    assert compute_rank(1, a_day_later).total < compute_rank(2, MORNING).total
    assert compute_rank(0, MORNING) == compute_rank(1, MORNING)


def test_velocity_raises_rank_but_does_not_stop_ageing() -> None:
    slow, fast = compute_rank(4, MORNING, 0.0), compute_rank(4, MORNING, 3.0)
    assert fast.velocity == 2 * HOURS_PER_VELOCITY_DOUBLING
    assert fast.total == pytest.approx(slow.total + 6)
    assert compute_rank(4, MORNING + timedelta(hours=7)).total > fast.total


def test_rank_is_explained_by_its_parts() -> None:
    result = explain_rank(compute_rank(4, MORNING, 1.0), MORNING + timedelta(hours=10))
    assert result == "+17.0 h = +24.0 independent coverage +3.0 velocity -10.0 recency"


@given(st.integers(0, 500), st.integers(0, 500))
def test_more_coverage_never_ranks_lower(few: int, more: int) -> None:
    low, high = sorted((few, more))
    assert compute_rank(low, MORNING).total <= compute_rank(high, MORNING).total


def test_slug_keeps_letters_of_any_script() -> None:
    assert slugify("Ferry hits pier: 12 hurt!") == "ferry-hits-pier-12-hurt"
    assert slugify("Паром «Орлан»") == "паром-орлан"
    assert slugify("🙂 !?") == ""


def test_slug_ends_between_words() -> None:
    result = slugify("seventeen " * 20)
    assert len(result) <= MAX_CHARACTERS
    assert set(result.split("-")) == {"seventeen"}
    assert slugify("x" * 200) == ""


@given(st.text())
def test_slug_is_one_path_segment(title: str) -> None:
    result = slugify(title)
    assert len(result) <= MAX_CHARACTERS
    assert not set(result) & set("/?#% \n_")
