"""Reversed periods: rejected if they are reversed at every time."""

import pytest

from service.domain.queries.grammar import parse_query
from service.domain.queries.periods import require_periods
from service.errors import BadInputError


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("since:2023-05-01 until:2023-04-01", "since and until is empty: 2023-05-01"),
        ("reported:-24h..-48h", "-24h is not before -48h"),
        ("reported:today..yesterday", "today is not before yesterday"),
        ("changed_since:-1h changed:..-2h", "changed is empty: -1h is not before -2h"),
        ("since:now until:-1d", "now is not before -1d"),
    ],
)
def test_reversed_period_is_rejected(text: str, period: str) -> None:
    with pytest.raises(BadInputError, match=f"{period}.*exchange them"):
        require_periods(parse_query(text))


@pytest.mark.parametrize(
    "text",
    [
        "since:2023-04-01 until:2023-05-01",
        "since:today until:-1h",
        "since:today@Asia/Tokyo until:today@America/New_York",
        "since:-7d until:2023-05-01",
        "since:2023-05-01 -reported:..2023-04-01",
        "first_reported:-1h.. reported:..-2h",
        "reported:today",
    ],
)
def test_order_that_depends_on_the_time_is_accepted(text: str) -> None:
    query = parse_query(text)
    assert require_periods(query) is query
