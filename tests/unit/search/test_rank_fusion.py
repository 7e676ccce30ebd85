"""Rankings fused by reciprocal rank, and what somebody who searches wrote."""

import pytest

from service.domain.search.search_terms import SearchTerms, parse_search_terms
from service.domain.search.rank_fusion import fuse_rankings


def test_places_are_summed_as_cormack_and_others_say():
    fused = fuse_rankings([["a", "b"], ["b", "c"]])
    assert list(fused) == ["b", "a", "c"]
    assert fused["b"] == pytest.approx(1 / 62 + 1 / 61)
    assert fused["a"] == pytest.approx(1 / 61)


def test_of_equals_the_first_met_comes_first_and_nothing_counts_twice_in_one_ranking():
    assert list(fuse_rankings([["a"], ["b"]])) == ["a", "b"]
    assert fuse_rankings([["a", "a", "b"]]) == {"a": 1 / 61, "b": 1 / 62}
    assert fuse_rankings([[], []]) == {}


@pytest.mark.parametrize(
    ("asked", "text", "excluded"),
    [
        ("ferry harbour", "ferry harbour", ()),
        ("ferry -pier", "ferry", ("pier",)),
        ('-"Orlan harbour" ferry or tram', "ferry or tram", ('"Orlan harbour"',)),
        ("covid-19 ferry", "covid-19 ferry", ()),
        ("ferry - pier --", "ferry - pier", ()),
        ('"open ferry', '"open ferry', ()),
        ("-pier", "", ("pier",)),
    ],
)
def test_what_is_wanted_is_told_from_what_is_not(
    asked: str, text: str, excluded: tuple[str, ...]
) -> None:
    assert parse_search_terms(asked) == SearchTerms(text, excluded)


def test_a_question_is_told_without_its_quotes():
    assert parse_search_terms('"Orlan harbour" ferry').embedding_text == "Orlan harbour ferry"
