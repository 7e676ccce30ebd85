"""Feed downloads: throttled per host, SSRF-safe, conditional; a failure is part of the result.

request ─► slot at its host ─► guarded connection ─► response ─┬─ redirect: next hop
                                                               └─ body, 304 or FeedError
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import aiohttp

from service.domain.text.cleaning import clean_validator
from service.domain.text.dates import parse_retry_after
from service.errors import FeedError, HostBusyError, InternalFeedError
from service.errors.redaction import redact_url
from service.ingest.fetching.connection import create_session
from service.ingest.fetching.redirects import NOT_MODIFIED, RedirectResult, Route, follow
from service.ingest.fetching.request import FeedResponse
from service.ingest.fetching.responses.bodies import Limits
from service.ingest.fetching.throttle import Backlog, HostThrottle
from service.settings.sections.ingest import FetchSettings

TOO_MANY_REQUESTS = 429
UNAVAILABLE = 503
PRECONDITION_FAILED = 412
#: Pause after a 429 without a Retry-After header.
DEFAULT_PAUSE = timedelta(minutes=5)
#: Seconds between two checks for a stop request.
STOP_CHECK = 0.2


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """A feed to fetch, with the validators of its last successful response.

    `user_agent` replaces the one of the settings.
    """

    feed_id: int
    url: str
    etag: str | None = None
    last_modified: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class FetchResult:
    """The result of one request: a body, "not modified", or an error.

    `etag` and `last_modified` are the validators for the next request: those of a success,
    even if empty; after a 304 or an error, the previous ones unless the 304 sent others.
    """

    feed_id: int
    url: str
    final_url: str  #: after redirects
    moves: tuple[str, ...]  #: targets of permanent redirects, in order, before a temporary one
    status: int | None
    etag: str | None
    last_modified: str | None
    body: bytes | None
    content_type: str
    not_modified: bool
    retry_after: timedelta | None
    elapsed: float  #: seconds, without waiting for a slot
    received: int  #: bytes of the body as received
    error: FeedError | None

    @property
    def moved_to(self) -> str | None:
        """New URL of the feed, reached by permanent redirects only."""
        return self.moves[-1] if self.moves else None


OnDone = Callable[[FetchResult], None]


async def fetch_each(
    requests: Iterable[FetchRequest],
    settings: FetchSettings,
    on_done: OnDone,
    *,
    backlog: Backlog | None = None,
) -> None:
    """Fetch every feed and call `on_done` with each result as it arrives.

    Errors are part of the result; an exception group is an error of `on_done`. No request starts
    while the backlog is full.
    """
    throttle = HostThrottle(
        total=settings.concurrency,
        per_host=settings.per_host,
        host_delay_seconds=settings.host_delay_seconds,
        backlog=backlog,
    )

    async def fetch_and_report(request: FetchRequest, session: aiohttp.ClientSession) -> None:
        try:
            result = await fetch_one(request, session, throttle, settings)
        except Exception as error:  # noqa: BLE001 - one feed never stops the others
            result = _internal_error(request, error)
        on_done(result)

    async with create_session(settings) as session, asyncio.TaskGroup() as tasks:
        for request in requests:
            tasks.create_task(fetch_and_report(request, session))


async def fetch_all(requests: Sequence[FetchRequest], settings: FetchSettings) -> list[FetchResult]:
    """Fetch every feed and return the results in the order of the requests."""
    results: dict[tuple[int, str], FetchResult] = {}

    def keep(result: FetchResult) -> None:
        results[result.feed_id, result.url] = result

    await fetch_each(requests, settings, keep)
    return [results[request.feed_id, request.url] for request in requests]


async def fetch_until_stopped(
    requests: Sequence[FetchRequest],
    settings: FetchSettings,
    on_done: OnDone,
    *,
    backlog: Backlog,
    stop_requested: Callable[[], bool],
) -> None:
    """Fetch every feed like `fetch_each`; cancel the rest once `stop_requested` returns True."""
    fetching = asyncio.create_task(fetch_each(requests, settings, on_done, backlog=backlog))
    while not stop_requested():
        done, _ = await asyncio.wait([fetching], timeout=STOP_CHECK)
        if done:
            return fetching.result()
    fetching.cancel()
    await asyncio.wait([fetching])
    return None


async def fetch_one(
    request: FetchRequest,
    session: aiohttp.ClientSession,
    throttle: HostThrottle,
    settings: FetchSettings,
) -> FetchResult:
    """Fetch one feed; return errors in the result instead of raising them."""
    validators = {"If-None-Match": request.etag, "If-Modified-Since": request.last_modified}
    conditions = {name: value for name, value in validators.items() if value}
    route = Route(
        session=session,
        throttle=throttle,
        headers=conditions | ({"User-Agent": request.user_agent} if request.user_agent else {}),
        conditional=bool(conditions),
        limits=Limits(settings.max_received_bytes, settings.max_body_bytes),
        max_redirects=settings.max_redirects,
        timeout_seconds=settings.timeout_seconds,
    )
    outcome = await follow(route, request.url)
    if outcome.response and outcome.response.status == PRECONDITION_FAILED and conditions:
        # Some servers do not support conditional requests and would reject each one.
        outcome = await follow(replace(route, headers={}, conditional=False), request.url)
    if isinstance(outcome.error, HostBusyError):
        return replace(_to_result(request, outcome), retry_after=throttle.paused_for(outcome.host))
    result = _to_result(request, outcome)
    if result.status == TOO_MANY_REQUESTS or (result.status == UNAVAILABLE and result.retry_after):
        throttle.pause(outcome.host, result.retry_after or DEFAULT_PAUSE)
    return result


def _to_result(request: FetchRequest, outcome: RedirectResult) -> FetchResult:
    response, ok = outcome.response, outcome.error is None
    fresh = ok and response is not None and response.status != NOT_MODIFIED
    etag, last_modified = _next_validators(request, response if ok else None)
    retry_after = response.header("Retry-After") if response else None
    return FetchResult(
        feed_id=request.feed_id,
        url=request.url,
        final_url=outcome.final_url,
        moves=outcome.moves,
        status=response.status if response else None,
        etag=etag,
        last_modified=last_modified,
        body=response.body if response and fresh else None,
        content_type=(response.header("Content-Type") or "") if response else "",
        not_modified=ok and not fresh,
        retry_after=parse_retry_after(retry_after, now=datetime.now(UTC)) if retry_after else None,
        elapsed=outcome.seconds,
        received=response.received if response else 0,
        error=outcome.error,
    )


def _internal_error(request: FetchRequest, error: Exception) -> FetchResult:
    url = redact_url(request.url)
    failure = InternalFeedError.from_exception(url, "the feed was fetched", error)
    return _to_result(request, RedirectResult(url, "", (), None, failure, 0.0))


def _next_validators(
    request: FetchRequest, successful: FeedResponse | None
) -> tuple[str | None, str | None]:
    if successful is None:
        return request.etag, request.last_modified
    etag = clean_validator(successful.header("ETag"))
    last_modified = clean_validator(successful.header("Last-Modified"))
    if successful.status != NOT_MODIFIED:
        return etag, last_modified
    return etag or request.etag, last_modified or request.last_modified
