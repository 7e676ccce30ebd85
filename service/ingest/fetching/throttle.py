"""Throttling of requests: limits in total and per host, delays, and pauses that hosts request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

#: Seconds between two checks of a full backlog.
_BACKLOG_CHECK = 0.02


@dataclass(slots=True)
class _Host:
    slots: asyncio.Semaphore
    start_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_start: float = 0.0
    delay: float = 0.0
    paused_until: float = 0.0


@dataclass(slots=True)
class Backlog:
    """Number of responses that wait to be stored; bounds how many bodies are in memory.

    Several threads may use it: one adds, another one removes.
    """

    limit: int
    added: int = 0
    removed: int = 0

    async def wait_for_room(self) -> None:
        """Wait until fewer responses than the limit are waiting."""
        while self.added - self.removed >= self.limit:  # noqa: ASYNC110 - another thread removes
            await asyncio.sleep(_BACKLOG_CHECK)


class HostThrottle:
    """Limits concurrent requests and the delay between requests to a host, for one run."""

    def __init__(
        self,
        *,
        total: int,
        per_host: int,
        host_delay_seconds: float,
        backlog: Backlog | None = None,
    ) -> None:
        self._total = asyncio.Semaphore(total)
        self._backlog = backlog
        self._per_host = per_host
        self._delay = host_delay_seconds
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def slot(self, host: str) -> AsyncIterator[None]:
        """Wait for a free slot at the host and occupy it; hosts do not block each other.

        A request that waits for its host does not occupy a slot of the total limit.
        """
        state = self._host(host)
        async with state.slots:
            async with state.start_lock:
                await asyncio.sleep(state.next_start - _now())
                await self._total.acquire()
                state.next_start = _now() + max(self._delay, state.delay)
            try:
                if self._backlog:
                    await self._backlog.wait_for_room()
                yield
            finally:
                self._total.release()

    def pause(self, host: str, duration: timedelta) -> None:
        """Send no requests to the host for this time, because it requested a pause."""
        state = self._host(host)
        state.paused_until = max(state.paused_until, _now() + duration.total_seconds())

    def slow_down(self, host: str, seconds: float) -> None:
        """Wait at least this many seconds between two requests to the host."""
        self._host(host).delay = seconds

    def paused_for(self, host: str) -> timedelta | None:
        """Return the remaining pause of the host, or None without one."""
        remaining = self._host(host).paused_until - _now()
        return timedelta(seconds=remaining) if remaining > 0 else None

    def _host(self, name: str) -> _Host:
        if name not in self._hosts:
            self._hosts[name] = _Host(asyncio.Semaphore(self._per_host))
        return self._hosts[name]


def _now() -> float:
    return asyncio.get_running_loop().time()
