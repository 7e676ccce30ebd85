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
from service.domain.text.slugs import MAX_CHARACTERS, slugify

MORNING = datetime(2023, 4, 25, 8, tzinfo=UTC)


def test_twice_the_coverage_is_worth_twelve_hours() -> None:
    later = MORNING + timedelta(hours=HOURS_PER_DOUBLING)
    assert compute_rank(4, MORNING).total == pytest.approx(compute_rank(2, later).total)


def test_what_one_outlet_alone_tells_stands_behind_what_two_told_a_day_before() -> None:
    a_day_later = MORNING + timedelta(hours=SINGLE_OUTLET_PENALTY_HOURS)
    assert compute_rank(1, a_day_later).total < compute_rank(2, MORNING).total
    assert compute_rank(0, MORNING) == compute_rank(1, MORNING)


def test_a_story_that_spreads_faster_ranks_higher_and_ages_all_the_same() -> None:
    slow, fast = compute_rank(4, MORNING, 0.0), compute_rank(4, MORNING, 3.0)
    assert fast.velocity == 2 * HOURS_PER_VELOCITY_DOUBLING
    assert fast.total == pytest.approx(slow.total + 6)
    assert compute_rank(4, MORNING + timedelta(hours=7)).total > fast.total


def test_a_rank_is_explained_by_its_parts() -> None:
    found = explain_rank(compute_rank(4, MORNING, 1.0), MORNING + timedelta(hours=10))
    assert found == "+17.0 h = +24.0 independent coverage +3.0 velocity -10.0 age"


@given(st.integers(0, 500), st.integers(0, 500))
def test_more_coverage_never_ranks_lower(few: int, more: int) -> None:
    low, high = sorted((few, more))
    assert compute_rank(low, MORNING).total <= compute_rank(high, MORNING).total


def test_a_slug_keeps_letters_of_any_script() -> None:
    assert slugify("Ferry hits pier: 12 hurt!") == "ferry-hits-pier-12-hurt"
    assert slugify("Паром «Орлан»") == "паром-орлан"
    assert slugify("🙂 !?") == ""


def test_a_slug_ends_between_words() -> None:
    found = slugify("seventeen " * 20)
    assert len(found) <= MAX_CHARACTERS
    assert set(found.split("-")) == {"seventeen"}
    assert slugify("x" * 200) == ""


@given(st.text())
def test_a_slug_is_one_segment_of_a_path(title: str) -> None:
    found = slugify(title)
    assert len(found) <= MAX_CHARACTERS
    assert not set(found) & set("/?#% \n_")
