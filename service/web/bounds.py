"""What costs much and is asked for by few at the same time: searches wait their turn."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import Depends, Request


class Bounds:
    """How many may do what at the same time."""

    def __init__(self, searches: int) -> None:
        self.searching = asyncio.Semaphore(searches)


async def search_turn(request: Request) -> AsyncIterator[None]:
    """Until fewer search; whoever came first goes first, and holds no thread or connection before.

    So many searches at once neither take each other's time nor all threads from other requests.
    """
    async with bounds_of(request).searching:
        yield


def bounds_of(request: Request) -> Bounds:
    """The bounds of an application."""
    return cast("Bounds", request.app.state.bounds)


#: Ends before the answer is sent, as the transaction does; it stands before that.
SearchTurn = Annotated[None, Depends(search_turn, scope="function")]
