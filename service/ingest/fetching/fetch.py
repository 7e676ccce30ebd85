"""Fetch feeds politely and safely; a feed that fails is a result like any other.

request ─► turn at its host ─► guarded connection ─► answer ─┬─ redirect: next hop
                                                             └─ body, 304 or FeedError
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import aiohttp

from service.domain.text.dates import parse_retry_after
from service.errors import FeedError, HostBusyError
from service.ingest.fetching.bodies import Limits
from service.ingest.fetching.redirects import FetchOutcome, Route, follow
from service.ingest.fetching.request import ACCEPT, OK, FeedResponse
from service.ingest.fetching.ssrf_guard import socket_factory
from service.ingest.fetching.throttle import HostThrottle
from service.settings.convert import parse_networks
from service.settings.ingest import FetchSettings

TOO_MANY_REQUESTS = 429
UNAVAILABLE = 503
#: A host that says 429 and not for how long is left alone for this long.
DEFAULT_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """A feed to fetch, with the validators that its last good answer sent."""

    feed_id: int
    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class FetchResult:
    """What came of one request: a body, "not modified", or an error.

    Validators are those to keep for the next request: exactly what a 200 sent, with what was not
    sent forgotten; after a 304 or an error, the known ones unless the 304 sent others.
    """

    feed_id: int
    url: str
    final_url: str  #: the address that answered
    moved_to: str | None  #: the address to adopt: every hop up to it was permanent
    status: int | None
    etag: str | None
    last_modified: str | None
    body: bytes | None
    content_type: str
    not_modified: bool
    retry_after: timedelta | None
    elapsed: float  #: seconds, without waiting for the host's turn
    received: int  #: bytes of the body on the wire
    error: FeedError | None


OnDone = Callable[[FetchResult], Awaitable[None] | None]


async def fetch_all(
    requests: Iterable[FetchRequest], settings: FetchSettings, *, on_done: OnDone | None = None
) -> list[FetchResult]:
    """Fetch every feed and return the results in the order of the requests.

    `on_done` gets each result as it comes. Trouble with a feed or with the network is in the
    result; anything raised is a bug, in an exception group.
    """
    throttle = HostThrottle(
        total=settings.concurrency,
        per_host=settings.per_host,
        host_delay_seconds=settings.host_delay_seconds,
    )
    async with _session(settings) as session, asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(_fetch_and_tell(request, session, throttle, settings, on_done))
            for request in requests
        ]
    return [task.result() for task in running]


async def _fetch_and_tell(
    request: FetchRequest,
    session: aiohttp.ClientSession,
    throttle: HostThrottle,
    settings: FetchSettings,
    on_done: OnDone | None,
) -> FetchResult:
    result = await fetch_one(request, session, throttle, settings)
    if on_done is not None and (pending := on_done(result)) is not None:
        await pending
    return result


async def fetch_one(
    request: FetchRequest,
    session: aiohttp.ClientSession,
    throttle: HostThrottle,
    settings: FetchSettings,
) -> FetchResult:
    """Fetch one feed over a session made for these settings; never raises a FeedError."""
    conditions = _conditions(request)
    route = Route(
        session=session,
        throttle=throttle,
        headers=conditions,
        conditional=bool(conditions),
        limits=Limits(settings.max_received_bytes, settings.max_body_bytes),
        max_redirects=settings.max_redirects,
        timeout_seconds=settings.timeout_seconds,
    )
    outcome = await follow(route, request.url)
    if isinstance(outcome.error, HostBusyError):
        return replace(_result(request, outcome), retry_after=throttle.paused_for(outcome.host))
    result = _result(request, outcome)
    if result.status == TOO_MANY_REQUESTS or (result.status == UNAVAILABLE and result.retry_after):
        throttle.pause(outcome.host, result.retry_after or DEFAULT_PAUSE)
    return result


def _session(settings: FetchSettings) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0,  # turns limit it, and know hosts
            socket_factory=socket_factory(parse_networks(settings.allow_networks)),
        ),
        timeout=aiohttp.ClientTimeout(total=None, connect=settings.connect_timeout_seconds),
        headers={
            "User-Agent": settings.user_agent,
            "Accept": ACCEPT,
            "Accept-Encoding": "gzip, deflate",
        },
        auto_decompress=False,  # the session would unpack without a limit
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def _conditions(request: FetchRequest) -> dict[str, str]:
    conditions = {"If-None-Match": request.etag, "If-Modified-Since": request.last_modified}
    return {name: value for name, value in conditions.items() if value}


def _result(request: FetchRequest, outcome: FetchOutcome) -> FetchResult:
    answer, ok = outcome.answer, outcome.error is None
    fresh = ok and answer is not None and answer.status == OK
    etag, last_modified = _validators(request, answer if ok else None)
    return FetchResult(
        feed_id=request.feed_id,
        url=request.url,
        final_url=outcome.final_url,
        moved_to=outcome.moved_to,
        status=answer.status if answer else None,
        etag=etag,
        last_modified=last_modified,
        body=answer.body if answer and fresh else None,
        content_type=(answer.header("Content-Type") or "") if answer else "",
        not_modified=ok and not fresh,
        retry_after=_retry_after(answer),
        elapsed=outcome.seconds,
        received=answer.received if answer else 0,
        error=outcome.error,
    )


def _validators(request: FetchRequest, good: FeedResponse | None) -> tuple[str | None, str | None]:
    if good is None:
        return request.etag, request.last_modified
    sent = good.header("ETag"), good.header("Last-Modified")
    if good.status == OK:
        return sent
    return sent[0] or request.etag, sent[1] or request.last_modified


def _retry_after(answer: FeedResponse | None) -> timedelta | None:
    value = answer.header("Retry-After") if answer else None
    return parse_retry_after(value, now=datetime.now(UTC)) if value else None
