"""What costs much, or long, at the same time: searches wait their turn, streams are refused."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import Depends, HTTPException, Request

from service.settings.web import WebSettings
from service.web.middleware.authenticate import client_of

#: Seconds after which a place may be free.
RETRY = {"Retry-After": "30"}
INSTEAD = "ask again later, or ask /v1/changes from time to time"


class ConcurrencyLimits:
    """How much one process does at the same time."""

    def __init__(self, settings: WebSettings) -> None:
        self.searching = asyncio.Semaphore(settings.max_concurrent_searches)
        self.streams: Counter[str] = Counter()  #: open ones by caller
        self._most = settings.max_streams
        self._most_each = settings.max_streams_per_client

    def refused(self, caller: str) -> HTTPException | None:
        """Why a caller gets no further stream; None for one who does."""
        if self.streams[caller] >= self._most_each:
            return HTTPException(
                429, f"{self._most_each} streams of yours are open; close one", RETRY
            )
        if self.streams.total() >= self._most:
            return HTTPException(503, f"all {self._most} streams are taken; {INSTEAD}", RETRY)
        return None


async def search_slot(request: Request) -> AsyncIterator[None]:
    """Until fewer search; whoever came first goes first, and holds no thread or connection before.

    So many searches at once neither take each other's time nor all threads from other requests.
    """
    async with concurrency_limits(request).searching:
        yield


async def stream_slot(request: Request) -> AsyncIterator[None]:
    """A place among the open streams, until this one has ended; HEAD opens none.

    Raises:
        HTTPException: 429, the caller has too many; 503, all are taken.
    """
    if is_head_request(request):
        yield
        return
    bounds, caller = concurrency_limits(request), client_of(request).name
    if refused := bounds.refused(caller):
        raise refused
    bounds.streams[caller] += 1
    try:
        yield
    finally:
        bounds.streams[caller] -= 1
        if not bounds.streams[caller]:
            del bounds.streams[caller]


def is_head_request(request: Request) -> bool:
    """Whether only the headers are sent; all below the outermost layer sees HEAD as GET."""
    return bool(request.state.head)


def concurrency_limits(request: Request) -> ConcurrencyLimits:
    """The bounds of an application."""
    return cast("ConcurrencyLimits", request.app.state.bounds)


#: Ends before the answer is sent, as the transaction does; it stands before that.
SearchSlot = Annotated[None, Depends(search_slot, scope="function")]
StreamSlot = Annotated[None, Depends(stream_slot, scope="request")]
