"""Shared reads of the change counter: one query serves all requests that wait for it."""

import asyncio
from collections.abc import Callable

from anyio import CapacityLimiter, to_thread
from starlette.types import Scope

from service.store.database.change_counter import ChangeCounter

_STATE_KEY = "change_counter"


class SharedReads:
    """Reads the change counter once for all requests that arrived before the read began."""

    def __init__(self, read: Callable[[], ChangeCounter]) -> None:
        self._read = read
        self._waiting: list[asyncio.Future[ChangeCounter]] = []
        self._reader: asyncio.Task[None] | None = None
        self._limiter: CapacityLimiter | None = None

    async def counter(self) -> ChangeCounter:
        """Return the change counter, read after this call.

        Raises:
            SQLAlchemyError: the database is unavailable.
        """
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        if self._reader is None:
            self._reader = asyncio.create_task(self._read_until_idle())
        counter: ChangeCounter = await future
        return counter

    async def _read_until_idle(self) -> None:
        # Its own thread limit: routes may occupy all threads of the default one.
        limiter = self._limiter = self._limiter or CapacityLimiter(1)
        while self._waiting:
            futures, self._waiting = self._waiting, []
            try:
                counter = await to_thread.run_sync(self._read, limiter=limiter)
            except Exception as error:  # noqa: BLE001  # passed to all waiting requests
                for future in futures:
                    if not future.done():
                        future.set_exception(error)
            else:
                for future in futures:
                    if not future.done():
                        future.set_result(counter)
        self._reader = None


def store_counter(scope: Scope, counter: ChangeCounter) -> None:
    """Store a counter that was read for this request, for the next middleware."""
    scope.setdefault("state", {})[_STATE_KEY] = counter


def pop_counter(scope: Scope) -> ChangeCounter | None:
    """Return the stored counter and remove it, because it becomes outdated."""
    counter: ChangeCounter | None = scope.get("state", {}).pop(_STATE_KEY, None)
    return counter
