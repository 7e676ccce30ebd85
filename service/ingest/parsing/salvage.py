"""What can be read of a list of which some cannot."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from service.domain.articles.entries import Entry

#: What reading an entry raises when the entry, not this program, is at fault.
_FAULTS = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)


def readable(
    items: Iterable[Any], read: Callable[[Any], Entry], warnings: list[str]
) -> Iterator[Entry]:
    """Entries in order; for each item that cannot be read, a warning instead."""
    for number, item in enumerate(items, start=1):
        try:
            yield read(item)
        except _FAULTS as error:
            warnings.append(f"entry {number} cannot be read: {error!r}"[:300])
