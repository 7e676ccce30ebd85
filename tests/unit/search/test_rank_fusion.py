"""Reciprocal rank fusion and search syntax."""

import pytest

from service.domain.search.rank_fusion import fuse_rankings
from service.domain.search.search_terms import SearchTerms, parse_search_terms


def test_score_is_sum_of_reciprocal_ranks():
    fused = fuse_rankings([["a", "b"], ["b", "c"]])
    assert list(fused) == ["b", "a", "c"]
    assert fused["b"] == pytest.approx(1 / 62 + 1 / 61)
    assert fused["a"] == pytest.approx(1 / 61)


def test_ties_keep_order_and_duplicates_count_once():
    assert list(fuse_rankings([["a"], ["b"]])) == ["a", "b"]
    assert fuse_rankings([["a", "a", "b"]]) == {"a": 1 / 61, "b": 1 / 62}
    assert fuse_rankings([[], []]) == {}


@pytest.mark.parametrize(
    ("query", "text", "excluded"),
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
def test_minus_excludes_words_and_phrases(query: str, text: str, excluded: tuple[str, ...]) -> None:
    assert parse_search_terms(query) == SearchTerms(text, excluded)


def test_embedding_text_has_no_quotes():
    assert parse_search_terms('"Orlan harbour" ferry').embedding_text == "Orlan harbour ferry"
