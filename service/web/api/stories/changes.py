"""`/v1/changes`: what happened to stories, in one sequence, asked for or streamed."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from service.store.database.sessions import Sessions
from service.store.story_views.changes import changes_since, latest_change, require_existing_change
from service.web.api.stories.schemas import TransitionOut
from service.web.dependencies import WebContextDep
from service.web.middleware.authenticate import is_key_still_valid
from service.web.middleware.concurrency import StreamSlot, is_head_request
from service.web.middleware.etags import ETagSession
from service.web.requests.parameters import BigInt, Limit
from service.web.requests.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/v1/changes", tags=["following"], responses=PROBLEM_RESPONSES)

#: Seconds between two looks at the store, and until a silent stream says that it lives.
POLL, BEAT = 1.0, 15.0
PAGE = 100


def _one_fault(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """Say what a word may be once, and not for each kind of word."""
    try:
        return check(value)
    except ValidationError as error:
        raise ValueError("write `next` of the answer before, 0 or `latest`") from error


Position = Annotated[BigInt | Literal["latest"], WrapValidator(_one_fault)]
Since = Annotated[
    Position,
    Query(
        description="`next` of the answer before; 0, the default, is the beginning, and `latest` "
        "the end: nothing comes but `next`, to go on from the present."
    ),
]
EXAMPLE = 'retry: 1000\nid: 41\n\nid: 42\nevent: grew\ndata: {"id": 42, "story": "9f3c1a", "kind": "grew"}\n\n'
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events, each with a change as JSON.",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE}},
    }
}


class ChangesOut(BaseModel):
    """Some changes in order."""

    items: list[TransitionOut]
    next: int = Field(description="`since` of the following request, whether there is more or not.")
    more: bool = Field(description="Whether more is there already.")


@router.get("")
def list_changes(
    session: ETagSession, since: Since = 0, limit: Annotated[Limit, Query()] = PAGE
) -> ChangesOut:
    """What happened to stories after a number, oldest first.

    Every change has a number. They become visible in their order, so whoever goes on after the
    last one misses none; numbers that are never used are no gap. Keep `next`, and ask again. A
    number that is still to come is refused.
    """
    if since == "latest":
        return ChangesOut(items=[], next=latest_change(session), more=False)
    page = changes_since(session, since, limit=limit)
    if not page.items:
        require_existing_change(session, since)
    items = [TransitionOut.of(each) for each in page.items]
    return ChangesOut(
        items=items, next=items[-1].id if items else since, more=page.next is not None
    )


@router.get("/stream", responses=STREAM, response_class=StreamingResponse)
async def stream_changes(
    request: Request,
    web: WebContextDep,
    _: StreamSlot,
    since: Annotated[
        Position,
        Query(description="As in the list; by default only what is still to come."),
    ] = "latest",
    seconds: Annotated[
        int, Query(ge=1, le=3600, description="The stream ends after so long; go on from there.")
    ] = 3600,
    last_event_id: Annotated[
        BigInt | None, Header(description="What browsers send when they go on.")
    ] = None,
) -> StreamingResponse:
    """The same sequence as server-sent events, each with its number as id.

    The first block tells no change and has the number where the stream begins as id, so that whoever
    is cut off before the first event goes on from there. Signs of life have the last one told.
    It ends when the key that it was asked with is good no longer. So many may be open at once
    (`web.max_streams`), and so many of one caller (`web.max_streams_per_client`). HEAD takes no place and ends
    at once.
    """
    start = since if last_event_id is None else last_event_id
    number = await run_in_threadpool(_beginning, web.sessions, start)
    seconds = 0 if is_head_request(request) else seconds
    found = _events(web.sessions, number, seconds, partial(is_key_still_valid, request))
    return StreamingResponse(found, media_type="text/event-stream")


async def _events(
    sessions: Sessions, since: int, seconds: int, is_wanted: Callable[[], Awaitable[bool]]
) -> AsyncIterator[str]:
    # An id without data is remembered, too: whoever is cut off goes on from here, not from the end.
    yield f"retry: {int(POLL * 1000)}\nid: {since}\n\n"
    ends = time.monotonic() + seconds
    silent_since = time.monotonic()
    while time.monotonic() < ends and await is_wanted():
        found = await run_in_threadpool(_next, sessions, since)
        for each in found:
            yield f"id: {each.id}\nevent: {each.kind}\ndata: {each.model_dump_json()}\n\n"
            since, silent_since = each.id, time.monotonic()
        if len(found) < PAGE:
            await asyncio.sleep(POLL)
        if time.monotonic() - silent_since > BEAT:
            yield f": still here\nid: {since}\n\n"
            silent_since = time.monotonic()


def _next(sessions: Sessions, since: int) -> list[TransitionOut]:
    """One page, in a transaction of its own: a stream holds no connection while it waits."""
    with sessions() as session:
        page = changes_since(session, since, limit=PAGE)
        return [TransitionOut.of(each) for each in page.items]


def _beginning(sessions: Sessions, start: int | Literal["latest"]) -> int:
    """The number that a stream goes on from; BadInputError if it is still to come."""
    with sessions() as session:
        if start == "latest":
            return latest_change(session)
        require_existing_change(session, start)
        return start
