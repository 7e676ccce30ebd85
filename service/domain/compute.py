"""Calls of a pure function for many items, in this process; `service.compute` has other places."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")


class Compute(Protocol):
    """Calls a function for many items, possibly in other processes."""

    def map(
        self,
        function: Callable[[Shared, Item], Result],
        shared: Shared,
        items: Iterable[Item],
    ) -> Iterator[Result]:
        """Yield `function(shared, item)` for each item, in the order of the items.

        Another process may call `function`, and call it again after a failure. So it must be at the
        top level of a module, and depend only on its arguments. `shared` is sent once.
        """
        ...


class InProcess:
    """Calls the function in the calling thread."""

    def map(
        self,
        function: Callable[[Shared, Item], Result],
        shared: Shared,
        items: Iterable[Item],
    ) -> Iterator[Result]:
        """Yield `function(shared, item)` for each item."""
        return (function(shared, item) for item in items)


IN_PROCESS = InProcess()
