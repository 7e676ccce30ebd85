"""Concurrency limits: searches wait in a queue, exports wait two seconds, streams do not wait."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, cast
from weakref import WeakValueDictionary

from fastapi import Depends, HTTPException, Request

from service.settings.sections.web import WebSettings
from service.web.middleware.authenticate import get_client

RETRY_AFTER = {"Retry-After": "30"}
#: Maximum wait of an export for a slot. A slot becomes free shortly after the last byte of a
#: response. Without the wait, the next export of the same client would be rejected.
_EXPORT_WAIT_SECONDS = 2.0


class ConcurrencyLimits:
    """Limits of concurrent searches, open streams and exports in one process."""

    def __init__(self, settings: WebSettings, *, export_wait: float = _EXPORT_WAIT_SECONDS) -> None:
        self.searches = asyncio.Semaphore(settings.max_concurrent_searches)
        self.streams: Counter[str] = Counter()  #: open streams by client name
        self._exports = asyncio.Semaphore(settings.max_concurrent_exports)
        self._export_wait = export_wait
        self._max_exports = settings.max_concurrent_exports
        self._exports_by_client: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._max_exports_per_client = settings.max_exports_per_client
        self._max_streams = settings.max_streams
        self._max_streams_per_client = settings.max_streams_per_client

    def check_stream(self, client: str) -> None:
        """Check whether a client may open another stream.

        Raises:
            HTTPException: 429, the client has too many streams; 503, the process has too many.
        """
        if self.streams[client] >= self._max_streams_per_client:
            raise HTTPException(
                429,
                f"Too many open streams: at most {self._max_streams_per_client} per client. "
                "Close one first",
                RETRY_AFTER,
            )
        if self.streams.total() >= self._max_streams:
            raise HTTPException(
                503,
                f"All {self._max_streams} streams are in use. Retry later, or poll /v1/changes",
                RETRY_AFTER,
            )

    @asynccontextmanager
    async def run_export(self, client: str) -> AsyncIterator[None]:
        """Occupy a slot while an export runs. Each export needs a connection and a snapshot.

        Raises:
            HTTPException: no slot became free within two seconds; 429, because the client has too
                many exports; 503, because the process has too many.
        """
        own = self._exports_by_client.setdefault(
            client, asyncio.Semaphore(self._max_exports_per_client)
        )
        async with AsyncExitStack() as slots:
            try:
                async with asyncio.timeout(self._export_wait):
                    for semaphore in (own, self._exports):
                        await slots.enter_async_context(semaphore)
            except TimeoutError as error:
                raise self._export_error(own) from error
            yield

    def _export_error(self, own: asyncio.Semaphore) -> HTTPException:
        if own.locked():
            return HTTPException(
                429,
                f"Too many exports: at most {self._max_exports_per_client} per client at the same "
                "time. Retry later",
                RETRY_AFTER,
            )
        return HTTPException(
            503, f"All {self._max_exports} exports are in use. Retry later", RETRY_AFTER
        )


async def search_slot(request: Request) -> AsyncIterator[None]:
    """Dependency: wait for a free search slot, first come first served.

    A waiting request occupies no thread and no database connection, so a burst of searches does not
    block other requests.
    """
    async with concurrency_limits(request).searches:
        yield


async def stream_slot(request: Request) -> AsyncIterator[None]:
    """Dependency: occupy a stream slot until the stream ends; HEAD needs none.

    Raises:
        HTTPException: 429, the client has too many streams; 503, the process has too many.
    """
    if is_head_request(request):
        yield
        return
    limits, client = concurrency_limits(request), get_client(request).name
    limits.check_stream(client)
    limits.streams[client] += 1
    try:
        yield
    finally:
        limits.streams[client] -= 1
        if not limits.streams[client]:
            del limits.streams[client]


async def export_slot(request: Request) -> AsyncIterator[None]:
    """Dependency: occupy an export slot until the response is sent.

    Raises:
        HTTPException: 429 or 503, no slot became free within two seconds.
    """
    async with concurrency_limits(request).run_export(get_client(request).name):
        yield


def is_head_request(request: Request) -> bool:
    """Whether the client sent HEAD, which `RequestContextMiddleware` turns into GET."""
    return bool(request.state.head)


def concurrency_limits(request: Request) -> ConcurrencyLimits:
    """The limits of the application."""
    return cast("ConcurrencyLimits", request.app.state.limits)


#: Ends before the response is sent. Declare it before the session, so that it is acquired first.
SearchSlot = Annotated[None, Depends(search_slot, scope="function")]
StreamSlot = Annotated[None, Depends(stream_slot, scope="request")]
ExportSlot = Annotated[None, Depends(export_slot, scope="request")]
