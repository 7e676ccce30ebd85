"""Mapping of pure functions over many items. `service.compute` maps over processes or machines."""

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

        `function` is a function of a module, and depends on nothing but its arguments, because
        another process may call it, and call it again after a failure. `shared` is sent once.
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
