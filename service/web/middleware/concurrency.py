"""What costs much, or long, at the same time: searches wait their turn, streams are refused."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import Depends, HTTPException, Request

from service.settings.sections import WebSettings
from service.web.middleware.authenticate import caller_of

#: Seconds after which a place may be free.
RETRY = {"Retry-After": "30"}
INSTEAD = "ask again later, or ask /v1/changes from time to time"


class Bounds:
    """How much one process does at the same time."""

    def __init__(self, settings: WebSettings) -> None:
        self.searching = asyncio.Semaphore(settings.searches)
        self.streams: Counter[str] = Counter()  #: open ones by caller
        self._most = settings.streams
        self._most_each = settings.streams_each

    def refused(self, caller: str) -> HTTPException | None:
        """Why a caller gets no further stream; None for one who does."""
        if self.streams[caller] >= self._most_each:
            return HTTPException(
                429, f"{self._most_each} streams of yours are open; close one", RETRY
            )
        if self.streams.total() >= self._most:
            return HTTPException(503, f"all {self._most} streams are taken; {INSTEAD}", RETRY)
        return None


async def search_turn(request: Request) -> AsyncIterator[None]:
    """Until fewer search; whoever came first goes first, and holds no thread or connection before.

    So many searches at once neither take each other's time nor all threads from other requests.
    """
    async with bounds_of(request).searching:
        yield


async def stream_place(request: Request) -> AsyncIterator[None]:
    """A place among the open streams, until this one has ended; HEAD opens none.

    Raises:
        HTTPException: 429, the caller has too many; 503, all are taken.
    """
    if asks_for_head(request):
        yield
        return
    bounds, caller = bounds_of(request), caller_of(request).name
    if refused := bounds.refused(caller):
        raise refused
    bounds.streams[caller] += 1
    try:
        yield
    finally:
        bounds.streams[caller] -= 1
        if not bounds.streams[caller]:
            del bounds.streams[caller]


def asks_for_head(request: Request) -> bool:
    """Whether only the headers are sent; all below the outermost layer sees HEAD as GET."""
    return bool(request.state.head)


def bounds_of(request: Request) -> Bounds:
    """The bounds of an application."""
    return cast("Bounds", request.app.state.bounds)


#: Ends before the answer is sent, as the transaction does; it stands before that.
SearchTurn = Annotated[None, Depends(search_turn, scope="function")]
StreamPlace = Annotated[None, Depends(stream_place, scope="request")]
