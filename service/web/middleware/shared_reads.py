"""The store's state as of a moment after a request came, read once for all who wait."""

import asyncio
from collections.abc import Callable

from anyio import CapacityLimiter, to_thread
from starlette.types import Scope

from service.store.database.change_counter import State

#: Where the gate leaves what it read, for the layers behind it.
_SEEN = "seen"


class Readings:
    """Readings of the store's state, each for all who wait when it begins."""

    def __init__(self, read: Callable[[], State]) -> None:
        self._read = read
        self._waiting: list[asyncio.Future[State]] = []
        self._reader: asyncio.Task[None] | None = None
        self._limiter: CapacityLimiter | None = None

    async def state(self) -> State:
        """The state as of some moment after this call.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        if self._reader is None:
            self._reader = asyncio.create_task(self._serve())
        found: State = await mine
        return found

    async def _serve(self) -> None:
        # A limit of its own: all threads may be busy with answers that are being made.
        limiter = self._limiter = self._limiter or CapacityLimiter(1)
        while self._waiting:
            served, self._waiting = self._waiting, []
            try:
                state = await to_thread.run_sync(self._read, limiter=limiter)
            except Exception as error:  # noqa: BLE001  # handed on to whoever waits
                for each in served:
                    if not each.done():
                        each.set_exception(error)
            else:
                for each in served:
                    if not each.done():
                        each.set_result(state)
        self._reader = None


def note(scope: Scope, state: State) -> None:
    """Leave a reading that began after this request came to whoever needs one next."""
    scope.setdefault("state", {})[_SEEN] = state


def seen(scope: Scope) -> State | None:
    """The reading that was made for this request, to be used once: it gets older."""
    found: State | None = scope.get("state", {}).pop(_SEEN, None)
    return found
