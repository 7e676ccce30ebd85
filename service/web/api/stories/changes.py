"""`/v1/changes`: one sequence of all story changes, as pages or as server-sent events."""

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

from service.domain.field_types import ShortText
from service.domain.queries.conditions import Query as StoryQuery
from service.domain.queries.parameters import PastTime, QueryText
from service.domain.stories.filters import PastStoryFilter
from service.domain.stories.transitions import TransitionOut
from service.store.catalogue.known_names import require_known_query
from service.store.queries import saved
from service.store.queries.saved import require_followable
from service.store.story_views.changes import (
    ChangePage,
    last_change_at,
    latest_change,
    load_matching_changes,
    require_existing_change,
)
from service.web.dependencies import WebContext, WebContextDep
from service.web.middleware.authenticate import is_key_still_valid
from service.web.middleware.concurrency import StreamSlot, is_head_request
from service.web.middleware.etags import ETagSession
from service.web.requests.parameters.queries import find_followed, follow_query
from service.web.requests.parameters.types import BigInt, Limit
from service.web.requests.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/v1/changes", tags=["changes"], responses=PROBLEM_RESPONSES)

#: Seconds between two polls of the database, and between two keep-alive comments.
POLL_SECONDS, KEEP_ALIVE_SECONDS = 1.0, 15.0
PAGE_SIZE = 100


def _replace_union_errors(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """Replace the errors of all union members by one message."""
    try:
        return check(value)
    except ValidationError as error:
        raise ValueError("expected `next` of the previous response, 0 or `latest`") from error


Position = Annotated[BigInt | Literal["latest"], WrapValidator(_replace_union_errors)]
Since = Annotated[
    Position,
    Query(
        description="`next` of the previous response. Default: 0, to start with the oldest change. "
        "`latest` returns no changes, only `next` for the changes after now."
    ),
]
QParameter = Annotated[
    QueryText | None,
    Query(
        description="Only changes of stories that match this text in the query language.",
        examples=["independent:3.."],
    ),
]
QueryParameter = Annotated[
    ShortText | None,
    Query(description="Only changes of stories that match this saved query.", examples=["harbour"]),
]
AsOfParameter = Annotated[
    PastTime | None,
    Query(description="Only changes up to this time, of stories that matched then. Default: now."),
]
EXAMPLE = (
    "retry: 1000\nid: 41\n\n"
    'id: 42\nevent: grew\ndata: {"id": 42, "story": "g6eppbxpoc", "kind": "grew"}\n\n'
)
STREAM_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events. The data of each event is a change as JSON.",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE}},
    }
}


class ChangesOut(BaseModel):
    """A page of changes, oldest first."""

    items: list[TransitionOut]
    next: int = Field(description="Value of `since` for the next request.")
    more: bool = Field(description="Whether the next request returns more changes now.")


@router.get("")
def list_changes(
    request: Request,
    session: ETagSession,
    since: Since = 0,
    limit: Limit = PAGE_SIZE,
    *,
    q: QParameter = None,
    query: QueryParameter = None,
    as_of: AsOfParameter = None,
) -> ChangesOut:
    """List the changes (transitions) of all stories with ids above `since`, oldest first.

    Changes become visible in the order of their ids. A client that continues with `next` therefore
    gets every change. Ids may have gaps. A `since` above the latest change id returns 422.

    With `q` or `query`, the list has the changes of stories that match now, and all changes of the
    kind `hidden`. A change appears within seconds, after the job `describe` has processed the
    story. With a meaning, the cosine of a report of the story and the text must be at least .35.

    With `as_of`, the list has only the changes up to that time, of stories that matched then.
    """
    changes_query = follow_query(request, session, read_changes_query(q, query, as_of))
    if since == "latest":
        end = last_change_at(session, 0, latest_change(session), changes_query.time)
        return ChangesOut(items=[], next=end, more=False)
    page = load_matching_changes(session, since, changes_query, limit=limit)
    if not page.items:
        require_existing_change(session, since)
    items = [TransitionOut.of(each) for each in page.items]
    return ChangesOut(items=items, next=page.next, more=page.more)


def read_changes_query(q: str | None, query: str | None, as_of: str | None = None) -> StoryQuery:
    """The query of the parameters `q`, `query` and `as_of`."""
    return PastStoryFilter(q=q, query=query, as_of=as_of).parsed


@router.get("/stream", responses=STREAM_RESPONSES, response_class=StreamingResponse)
async def stream_changes(
    request: Request,
    web: WebContextDep,
    _: StreamSlot,
    *,
    since: Annotated[
        Position,
        Query(
            description="Id of the last change that the client received; the stream starts after "
            "it. Default: `latest`, to receive only future changes."
        ),
    ] = "latest",
    seconds: Annotated[
        int, Query(ge=1, le=3600, description="Duration of the stream in seconds.")
    ] = 3600,
    last_event_id: Annotated[
        BigInt | None,
        Header(
            description="Id of the last event that the client received; takes precedence over "
            "`since`. Browsers send it when they reconnect."
        ),
    ] = None,
    q: QParameter = None,
    query: QueryParameter = None,
) -> StreamingResponse:
    """Stream the changes (transitions) of all stories as server-sent events.

    The id of an event is the id of its change. The stream begins with a block that has only an id:
    the change after which the stream starts. A client that reconnects before the first event
    continues from this id. Each keep-alive comment is sent with the id of the last change.

    The stream ends after `seconds`, or when the API key expires or is revoked. A request returns
    429 if its client has `web.max_streams_per_client` open streams, and 503 if the process has
    `web.max_streams` open streams. HEAD requests end immediately and do not count as streams.
    """
    start = since if last_event_id is None else last_event_id
    changes_query = read_changes_query(q, query)
    first_id = await run_in_threadpool(_resolve_start, request, web, start, changes_query)
    seconds = 0 if is_head_request(request) else seconds
    load = partial(_load_page, request, web, query=changes_query)
    events = stream_events(load, first_id, seconds, partial(is_key_still_valid, request))
    return StreamingResponse(events, media_type="text/event-stream")


async def stream_events(
    load: Callable[[int], ChangePage],
    since: int,
    seconds: int,
    is_authorized: Callable[[], Awaitable[bool]],
    keep_alive_seconds: float = KEEP_ALIVE_SECONDS,
) -> AsyncIterator[str]:
    """Yield the blocks of a stream of the changes after `since`, until it ends."""
    # Clients store an id without data, too, and continue from it when they reconnect.
    yield f"retry: {int(POLL_SECONDS * 1000)}\nid: {since}\n\n"
    deadline = time.monotonic() + seconds
    silent_since = time.monotonic()
    while time.monotonic() < deadline and await is_authorized():
        page = await run_in_threadpool(load, since)
        for change in map(TransitionOut.of, page.items):
            yield f"id: {change.id}\nevent: {change.kind}\ndata: {change.model_dump_json()}\n\n"
            silent_since = time.monotonic()
        since = page.next
        if not page.more:
            await asyncio.sleep(POLL_SECONDS)
        if time.monotonic() - silent_since > keep_alive_seconds:
            yield f": keep-alive\nid: {since}\n\n"
            silent_since = time.monotonic()


def _load_page(request: Request, web: WebContext, since: int, query: StoryQuery) -> ChangePage:
    """Load one page in its own transaction, so that a waiting stream occupies no connection."""
    with web.sessions() as session:
        resolved = saved.resolve(session, query, now=web.clock())
        resolved = find_followed(request, session, resolved)
        return load_matching_changes(session, since, resolved, limit=PAGE_SIZE)


def _resolve_start(
    request: Request, web: WebContext, start: int | Literal["latest"], query: StoryQuery
) -> int:
    """Return the id after which a stream starts.

    Raises:
        BadInputError: the id is above the latest one, or the query is invalid.
        EncoderError: the query has a meaning, and the model is not available.
    """
    with web.sessions() as session:
        expanded = require_followable(saved.expand(session, query))
        require_known_query(session, expanded)
        find_followed(request, session, expanded)
        if start == "latest":
            return latest_change(session)
        require_existing_change(session, start)
        return start
