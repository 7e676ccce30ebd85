"""Words of alerts and digests: operators of queries are rejected with the remedy."""

import pytest

from service.domain.subscribers.alert_conditions import parse_conditions
from service.domain.subscribers.digests.preferences import SubscriptionChange
from service.domain.subscribers.filters import Filters
from service.errors import BadInputError


@pytest.mark.parametrize(
    ("item", "remedy"),
    [
        ("-syria", "- and NOT are not supported here"),
        ("ferry NOT syria", "- and NOT are not supported here"),
        ("drone*", "position 5: the wildcard"),
        ("ferry or tram", "or is not supported here: separate the alternatives by commas"),
        ("ferry|tram", "separate the alternatives by commas"),
        ('ferry "dock strike"', "leave the quotes out"),
        ("ferry AND tram", "leave them out"),
        ("country:GB", "save a query"),
        ("!ferry", "! is not supported"),
        ("\U0001f600", "write a word of letters or digits"),
    ],
)
def test_operators_are_rejected_with_the_remedy(item: str, remedy: str) -> None:
    with pytest.raises(BadInputError, match=remedy):
        parse_conditions(words=f"harbour, {item}")
    with pytest.raises(BadInputError, match=remedy):
        parse_conditions(entities=item)
    for change in (
        SubscriptionChange(followed_words=item),
        SubscriptionChange(muted_words=item),
    ):
        with pytest.raises(BadInputError, match=remedy):
            change.apply_to_filters(Filters())


def test_words_phrases_and_names_are_accepted() -> None:
    words = parse_conditions(
        words='dock strike, "Orlan harbour", AT&T, паром, C++, 9/11, co-op'
    ).words
    assert words == {"dock strike", "Orlan harbour", "AT&T", "паром", "C++", "9/11", "co-op"}
