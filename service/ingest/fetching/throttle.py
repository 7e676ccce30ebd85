"""Politeness: how many requests run at once, in total and to one host, and how far apart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(slots=True)
class _Host:
    slots: asyncio.Semaphore
    door: asyncio.Lock = field(default_factory=asyncio.Lock)
    opens_at: float = 0.0
    closed_until: float = 0.0


class Turns:
    """Hands out turns to send a request; lives as long as one run."""

    def __init__(self, *, total: int, per_host: int, host_delay_seconds: float) -> None:
        self._total = asyncio.Semaphore(total)
        self._per_host = per_host
        self._delay = host_delay_seconds
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn at the host and hold it; hosts do not wait for each other.

        A feed that waits for its host occupies none of the total slots.
        """
        known = self._host(host)
        async with known.slots:
            async with known.door:
                await asyncio.sleep(known.opens_at - _now())
                await self._total.acquire()
                known.opens_at = _now() + self._delay
            try:
                yield
            finally:
                self._total.release()

    def close(self, host: str, pause: timedelta) -> None:
        """Leave the host alone for a while: it asked for that."""
        known = self._host(host)
        known.closed_until = max(known.closed_until, _now() + pause.total_seconds())

    def closed_for(self, host: str) -> timedelta | None:
        """How long the host still wants to be left alone; None if it does not."""
        left = self._host(host).closed_until - _now()
        return timedelta(seconds=left) if left > 0 else None

    def _host(self, name: str) -> _Host:
        if name not in self._hosts:
            self._hosts[name] = _Host(asyncio.Semaphore(self._per_host))
        return self._hosts[name]


def _now() -> float:
    return asyncio.get_running_loop().time()
