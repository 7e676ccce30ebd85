"""Keyset paging: a page knows the position from which the next one goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, tuple_

Item = TypeVar("Item")
#: The sort keys of the last item of a page, the last one unique.
Position = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items in order, and where the next page begins; None at the end."""

    items: tuple[Item, ...]
    next: Position | None


def below(keys: Sequence[ColumnElement[Any]], position: Position) -> ColumnElement[bool]:
    """Rows that come after a position when all keys descend."""
    return tuple_(*keys) < tuple_(*position)


def cut(rows: Sequence[tuple[Item, Position]], limit: int) -> Page[Item]:
    """The page of at most `limit` items, from rows that were read with a limit of one more."""
    kept = rows[:limit]
    more = len(rows) > limit
    return Page(tuple(item for item, _ in kept), kept[-1][1] if more else None)
