"""Fault-tolerant reading of entries: skip invalid and excess ones with a warning."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from service.domain.articles.entries import Entry
from service.domain.text.dates import NO_DATE

#: Exceptions that invalid entries cause.
_FAULTS = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RecursionError,
)


def read_entries(
    items: Iterable[Any], read: Callable[[Any], Entry], warnings: list[str]
) -> Iterator[Entry]:
    """Yield the entries in order; append a warning for each item that cannot be read."""
    for number, item in enumerate(items, start=1):
        try:
            yield read(item)
        except _FAULTS as error:
            warnings.append(f"Entry {number} cannot be read: {error!r}"[:300])


def newest_items(
    items: Sequence[Any],
    date_of: Callable[[Any], datetime | None],
    limit: int,
    warnings: list[str],
) -> list[Any]:
    """Return the newest items in the order of the document; append a warning if it has more.

    An item without a date counts as old as the item before it. If no item has a date, the first
    ones are returned.
    """
    if len(items) <= limit:
        return list(items)
    warnings.append(f"Only the newest {limit} of {len(items)} entries were read")
    dates: list[datetime] = []
    date = next((date for item in items if (date := date_of(item))), NO_DATE)
    for item in items:
        date = date_of(item) or date
        dates.append(date)
    newest = sorted(range(len(items)), key=dates.__getitem__, reverse=True)[:limit]
    return [items[index] for index in sorted(newest)]
