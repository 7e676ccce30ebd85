"""Search syntax: supported operators work, all others are rejected."""

import pytest

from service.domain.search.search_terms import parse_search_terms
from service.errors import BadInputError


@pytest.mark.parametrize(
    ("query", "text", "excluded"),
    [
        ("ferry AND tram", "ferry tram", ()),
        ("+ferry tram", "ferry tram", ()),
        ("ferry | tram", "ferry or tram", ()),
        ("ferry OR tram", "ferry or tram", ()),
        ("ferry & | ! (", "ferry & | ! (", ()),
        ("ferry NOT strike", "ferry", ("strike",)),
        ('ferry NOT "dock strike"', "ferry", ('"dock strike"',)),
        ("ferry|tram", "ferry or tram", ()),
        ('"dock|pier"||tram', '"dock|pier" or tram', ()),
        ("\u2212ferry \u2013tram quay", "quay", ("ferry", "tram")),
        ('"ferry \u2013tram -quay" -"pier - dock"', '"ferry \u2013tram -quay"', ('"pier - dock"',)),
        (
            "Ferry \u2013 the report - of 2023\u20132024",
            "Ferry \u2013 the report - of 2023\u20132024",
            (),
        ),
        ("ferry -...", "ferry", ()),
        ("“Orlan harbour” ferry", '"Orlan harbour" ferry', ()),
        ('"THIS AND THAT"', '"THIS AND THAT"', ()),
        ("Bank of Orlan (BoO)", "Bank of Orlan (BoO)", ()),
        ("Title: a ferry at 10:30", "Title: a ferry at 10:30", ()),
        ("f**k", "f**k", ()),
    ],
)
def test_operators_work(query: str, text: str, excluded: tuple[str, ...]) -> None:
    terms = parse_search_terms(query)
    assert (terms.text, terms.excluded) == (text, excluded)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("ferr*", "wildcard"),
        ("ferry~2", "~"),
        ('"dock strike"~3', "~"),
        ("ferry^2", "~"),
        ("ferry NEAR/3 tram", "near words"),
        ("(ferry or tram) harbour", "parentheses"),
        ("ferry -(tram dock)", "parentheses"),
        ("ferry NOT (tram dock)", "parentheses"),
        ("NOT (tram)", "parentheses"),
        ("ferry or", "or needs a term"),
        ("or ferry", "or needs a term"),
        ("ferry or or tram", "or needs a term"),
        ("ferry or -tram", "or needs a term"),
        ("ferry NOT -strike", "excluded twice: leave NOT out"),
        ("ferry NOT or tram", "NOT needs a term, not or: leave or out"),
        ("NOT NOT tram", "leave NOT out"),
        ("ferry --tram", "position 7: write one -"),
        ("!ferry", "position 1: ! is not supported: write -"),
        ("ferry NOT", "NOT needs a term"),
    ],
)
def test_other_operators_are_rejected(query: str, reason: str) -> None:
    with pytest.raises(BadInputError, match=reason):
        parse_search_terms(query)


def test_text_for_the_model_has_no_operators() -> None:
    assert parse_search_terms('ferry or "dock strike" -tram').embedding_text == "ferry dock strike"
