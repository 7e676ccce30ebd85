"""Near misses of an alert, with the reason of each."""

from typing import Any

import pytest

from service.domain.subscribers.alerts import AlertConditions
from service.domain.subscribers.filters import Filters
from service.domain.subscribers.near_misses import find_near_misses
from tests.support.content.digest_stories import report, story

FERRY = story(
    "Ferry Halcyon aground",
    [report("daily", "Ferry Halcyon aground"), report("herald", "Trumpets on a stranded ship")],
    names=("Oriel Vance",),
    storyline="saga",
)


def reasons(filters: Filters | None = None, **query: Any) -> list[str]:
    alert = AlertConditions(**query)
    return [each.reason for each in find_near_misses([FERRY], alert, filters or Filters(), limit=5)]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"words": frozenset({"Trump"})}, "“Trumpets” is not a form of “Trump”"),
        ({"words": frozenset({"aground ferry"})}, "“aground ferry” occur, but not side by side"),
        ({"entities": frozenset({"Vance"})}, "the name is “Oriel Vance”, not “Vance”"),
        ({"words": frozenset({"ferry"}), "min_independent": 3}, "2 of 3 independent outlets"),
        ({"words": frozenset({"ferry"}), "outlets": frozenset({"sun"})}, "no report from sun"),
        ({"words": frozenset({"ferry"}), "countries": frozenset({"PL"})}, "an outlet in Poland"),
    ],
)
def test_story_that_fails_one_condition_has_a_reason(query: dict[str, Any], reason: str):
    [found] = reasons(**query)
    assert reason in found


@pytest.mark.parametrize(
    ("filters", "reason"),
    [
        (Filters(muted_words=frozenset({"trumpet"})), "muted word “trumpet”"),
        (Filters(muted_storylines=frozenset({"saga"})), "muted storyline saga"),
        (Filters(languages=frozenset({"de"})), "no report is left"),
        (Filters(muted_outlets=frozenset({"daily", "herald"})), "no report is left"),
    ],
)
def test_muted_match_has_a_reason(filters: Filters, reason: str):
    [found] = reasons(filters, words=frozenset({"stranded"}))
    assert reason in found


def test_unrelated_story_and_match_are_no_near_misses():
    assert reasons(words=frozenset({"ferry"})) == []
    assert reasons(words=frozenset({"football"})) == []
    assert reasons(outlets=frozenset({"sun"})) == []
    assert reasons(words=frozenset({"football"}), countries=frozenset({"PL"})) == []
