"""Keyset pagination: each page contains the position after which the next page starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, tuple_

Item = TypeVar("Item")
#: The sort keys of the last item of a page; the last key is unique.
Position = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Items in order, and the position of the last one; None on the last page."""

    items: tuple[Item, ...]
    next: Position | None


def rows_after(keys: Sequence[ColumnElement[Any]], position: Position) -> ColumnElement[bool]:
    """Build the condition for rows after a position, where all keys sort descending."""
    return tuple_(*keys) < tuple_(*position)


def make_page(rows: Sequence[tuple[Item, Position]], limit: int) -> Page[Item]:
    """Make a page of at most `limit` items from up to `limit` + 1 rows."""
    items = tuple(item for item, _ in rows[:limit])
    return Page(items, rows[limit - 1][1] if len(rows) > limit else None)
