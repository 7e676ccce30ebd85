"""Probes: checks with their own thread and deadline, shared by all requests that wait for them."""

import asyncio
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from anyio import CapacityLimiter, to_thread

Result = TypeVar("Result")


class Probe(Generic[Result]):
    """Runs a blocking check once for all requests that wait for it.

    The check has a thread of its own, so that requests that occupy all other threads do not delay
    it. However many requests wait, it occupies one thread.
    """

    def __init__(self, check: Callable[[], Result], deadline: float) -> None:
        """`deadline` is the longest wait of one request, in seconds."""
        self._check = check
        self._deadline = deadline
        self._running: asyncio.Task[Result] | None = None

    async def result(self) -> Result:
        """Return the result of a check that ended after this call; raises what the check raises.

        Raises:
            TimeoutError: the check takes longer than the deadline.
        """
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
            self._running.add_done_callback(_mark_error_as_seen)
        async with asyncio.timeout(self._deadline):
            return await asyncio.shield(self._running)

    async def _run(self) -> Result:
        return await to_thread.run_sync(self._check, limiter=CapacityLimiter(1))


def _mark_error_as_seen(task: "asyncio.Task[Any]") -> None:
    """Prevent a log line about the error of a check that ended after its deadline."""
    if not task.cancelled():
        task.exception()
