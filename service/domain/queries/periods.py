"""Check of the bounds of times in a query: a reversed period would match nothing, silently."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import product

from service.domain.queries.conditions import (
    TIME_FIELDS,
    Between,
    Bound,
    Field,
    Query,
    RelativeTime,
)
from service.errors import BadInputError

#: Any time: the order of the compared bounds does not depend on it.
_REFERENCE = datetime(2000, 1, 1, 12, tzinfo=UTC)


def require_periods(query: Query) -> Query:
    """Return a query whose periods are not reversed at every time.

    Two bounds are not compared if only one is relative, or if one is a day and the other a period
    before now, because their order changes with time.

    Raises:
        BadInputError: the start of a period is not before its end.
    """
    for field in sorted(TIME_FIELDS):
        ranges = list(_ranges(query, field))
        lows = _given(each.low for each in ranges)
        for low, high in product(lows, _given(each.high for each in ranges)):
            if _is_reversed(low, high):
                name = "since and until" if field is Field.REPORTED else field
                raise BadInputError(
                    f"The period of {name} is empty: {_text(low)} is not before {_text(high)}; "
                    "exchange them, or leave one out"
                )
    return query


def require_period(since: datetime | None, until: datetime | None) -> None:
    """Check two times of a request; raises BadInputError if `since` is not before `until`."""
    require_periods(Query((Between(Field.REPORTED, since, until),)))


def _ranges(query: Query, field: Field) -> Iterator[Between]:
    for each in query.conditions:
        if isinstance(each, Between) and each.field is field and not each.negated:
            yield each


def _given(bounds: Iterable[Bound]) -> list[datetime | RelativeTime]:
    return [each for each in bounds if isinstance(each, datetime | RelativeTime)]


def _is_reversed(low: datetime | RelativeTime, high: datetime | RelativeTime) -> bool:
    if isinstance(low, datetime) and isinstance(high, datetime):
        return low >= high
    if not (isinstance(low, RelativeTime) and isinstance(high, RelativeTime)):
        return False
    if _kind(low) != _kind(high):
        return False
    try:
        return low.resolve(_REFERENCE) >= high.resolve(_REFERENCE)
    except ValueError:  # reported when the query is resolved
        return False


def _kind(bound: RelativeTime) -> str:
    """The zone of a day, or `-` for a period before now: bounds of one kind keep their order."""
    return "-" if bound.text.startswith(("-", "now")) else bound.text.partition("@")[2] or "UTC"


def _text(bound: datetime | RelativeTime) -> str:
    return bound.text if isinstance(bound, RelativeTime) else bound.isoformat()
