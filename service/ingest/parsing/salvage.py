"""Fault-tolerant reading of entries: skip invalid ones with a warning."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from service.domain.articles.entries import Entry

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
