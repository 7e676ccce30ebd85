"""Decision which usual coverage a story lacks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.domain.stories.missing_coverage import (
    MIN_AGE,
    MissingValue,
    StoryValues,
    Withheld,
    find_absent,
    find_missing,
    lower_bound,
)

STORY = StoryValues(frozenset("abc"), frozenset("ab"), frozenset({"GB"}), frozenset({"en"}))
USUAL = StoryValues(frozenset("abd"), frozenset("abd"), frozenset({"GB", "FR"}), frozenset({"fr"}))
RARE = StoryValues(frozenset("abe"), frozenset("abe"), frozenset({"DE"}), frozenset({"de"}))
ACTIVE = StoryValues(
    frozenset("abcde"), frozenset("abde"), frozenset({"GB", "FR", "DE"}), frozenset({"fr", "de"})
)


def test_usual_values_that_the_story_lacks_are_missing():
    missing = find_missing(STORY, [USUAL] * 30 + [RARE] * 10, ACTIVE, age=MIN_AGE)
    assert (missing.withheld, missing.comparable_stories) == (None, 40)
    assert missing.outlets == missing.families == (MissingValue("d", 0.75, 30),)
    assert missing.countries == (MissingValue("FR", 0.75, 30),)
    assert missing.languages == (MissingValue("fr", 0.75, 30),)


def test_inactive_values_are_not_missing():
    active = replace(ACTIVE, outlets=frozenset("abce"))
    missing = find_missing(STORY, [USUAL] * 40, active, age=MIN_AGE)
    assert missing.outlets == ()
    assert missing.families == (MissingValue("d", 1.0, 40),)


def test_half_of_few_stories_is_not_usual():
    assert not find_missing(STORY, [USUAL] * 13 + [RARE] * 7, ACTIVE, age=MIN_AGE).outlets
    assert find_missing(STORY, [USUAL] * 130 + [RARE] * 70, ACTIVE, age=MIN_AGE).outlets


@pytest.mark.parametrize(
    ("outlets", "comparable", "age", "reason"),
    [
        ("ab", 100, MIN_AGE, Withheld.FEW_OUTLETS),
        ("abc", 100, MIN_AGE - timedelta(seconds=1), Withheld.TOO_EARLY),
        ("abc", 19, MIN_AGE, Withheld.FEW_COMPARABLE_STORIES),
    ],
)
def test_thin_evidence_is_withheld(outlets: str, comparable: int, age: timedelta, reason: Withheld):
    story = replace(STORY, outlets=frozenset(outlets))
    missing = find_missing(story, [USUAL] * comparable, ACTIVE, age=age)
    assert missing.withheld is reason
    assert missing.outlets == missing.countries == ()


@pytest.mark.parametrize(
    ("count", "total", "expected"), [(15, 20, 0.531), (20, 20, 0.839), (0, 20, 0.0)]
)
def test_lower_bound_of_a_share(count: int, total: int, expected: float):
    assert lower_bound(count, total) == pytest.approx(expected, abs=0.001)


def test_absent_outlets_report_other_stories_of_the_same_outlets():
    others = {"1": "abd", "2": "abde", "3": "adef", "4": "bcdx", "5": "xyz", "6": "de"}
    outlets = {"own": frozenset("abc")} | {key: frozenset(each) for key, each in others.items()}
    assert find_absent(outlets, ["own"], frozenset("abcdexy")) == {"own": ("d",)}
    assert find_absent(outlets, ["own"], frozenset("abce")) == {"own": ()}
    assert find_absent(outlets, ["5"], frozenset("abcdefxyz")) == {"5": ()}
