"""From a feed's URL along its redirects to an answer."""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp
from yarl import URL

from service.domain.text.urls import is_web_url, without_credentials
from service.errors import (
    BadStatusError,
    BadUrlError,
    BrokenResponseError,
    EmptyResponseError,
    FeedError,
    FeedTimeoutError,
    GoneError,
    HostBusyError,
    RedirectError,
)
from service.ingest.fetching.bodies import Limits
from service.ingest.fetching.request import OK, REDIRECTS, Answer, exchange
from service.ingest.fetching.throttle import Turns

NOT_MODIFIED = 304
_PERMANENT = frozenset({301, 308})
_EMPTY = frozenset({204, 205})


@dataclass(frozen=True, slots=True)
class Route:
    """What all hops of one request share."""

    session: aiohttp.ClientSession
    turns: Turns
    headers: Mapping[str, str]
    conditional: bool
    limits: Limits
    max_redirects: int
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a request ended; exactly one of a usable answer and an error matters."""

    final_url: str
    host: str
    moved_to: str | None
    answer: Answer | None
    error: FeedError | None
    seconds: float


@dataclass(slots=True)
class _Journey:
    """Where a request stands while it follows redirects."""

    shown: str
    at: URL
    authorization: dict[str, str]
    permanent: bool = True
    moved_to: str | None = None
    visited: set[URL] = field(default_factory=set)
    seconds: float = 0.0


async def follow(route: Route, address: str) -> Outcome:
    """Ask for the address and follow redirects; what goes wrong is in the outcome."""
    shown = without_credentials(address)
    try:
        journey = _departure(address, shown)
    except FeedError as error:
        return Outcome(shown, "", None, None, error, 0.0)
    try:
        answer = await _walk(route, journey)
    except FeedError as error:
        return _arrival(journey, None, error)
    return _arrival(journey, answer, _verdict(answer, journey, conditional=route.conditional))


def _departure(address: str, shown: str) -> _Journey:
    if not is_web_url(address):
        raise BadUrlError(shown, "no http(s) address; a feed's URL looks like https://host/path")
    try:
        url = URL(address.strip())
        at, authorization = _bare(url), _authorization(url)
    except ValueError as error:
        raise BadUrlError(shown, f"not a valid address: {error}") from error
    return _Journey(shown, at, authorization)


def _arrival(journey: _Journey, answer: Answer | None, error: FeedError | None) -> Outcome:
    return Outcome(
        final_url=str(journey.at),
        host=journey.at.host or "",
        moved_to=journey.moved_to if error is None else None,
        answer=answer,
        error=error,
        seconds=journey.seconds,
    )


async def _walk(route: Route, journey: _Journey) -> Answer:
    for _ in range(route.max_redirects + 1):
        journey.visited.add(journey.at)
        answer = await _hop(route, journey)
        if answer.status not in REDIRECTS:
            return answer
        _move(journey, answer)
    raise RedirectError(journey.shown, f"more than {route.max_redirects} redirects")


async def _hop(route: Route, journey: _Journey) -> Answer:
    """One exchange in its turn; only the time from there on counts against the limit."""
    host = journey.at.host or ""
    async with route.turns.turn(host):
        _check_open(route.turns, host, journey)
        started = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(route.timeout_seconds - journey.seconds):
                return await _ask(route, journey)
        except TimeoutError as error:
            limit = f"no complete answer within {route.timeout_seconds:g} s"
            raise FeedTimeoutError(journey.shown, limit) from error
        finally:
            journey.seconds += asyncio.get_running_loop().time() - started


async def _ask(route: Route, journey: _Journey) -> Answer:
    return await exchange(
        route.session,
        journey.at,
        headers={**route.headers, **journey.authorization},
        limits=route.limits,
        shown=journey.shown,
    )


def _check_open(turns: Turns, host: str, journey: _Journey) -> None:
    if pause := turns.closed_for(host):
        wait = f"{host} has just asked to be left alone for {pause.total_seconds():.0f} s"
        raise HostBusyError(journey.shown, f"not asked, because {wait}")


def _move(journey: _Journey, answer: Answer) -> None:
    """Go where the redirect leads; RedirectError if it leads nowhere or in a circle."""
    target = _target(journey, answer)
    if target in journey.visited:
        raise RedirectError(journey.shown, f"redirects in a circle through {target}")
    if target.origin() != journey.at.origin():
        journey.authorization = {}  # a password is for the host that it was given for
    journey.permanent = journey.permanent and answer.status in _PERMANENT
    if journey.permanent and not journey.authorization:
        journey.moved_to = str(target)
    journey.at = target


def _target(journey: _Journey, answer: Answer) -> URL:
    location = _repaired(answer.header("Location") or "")
    try:
        target = _bare(journey.at.join(URL(location))) if location else None
    except ValueError:
        target = None
    if target is None or not is_web_url(str(target)):
        raise RedirectError(journey.shown, f"redirects to {location[:200]!r}, no http(s) address")
    return target


def _repaired(location: str) -> str:
    """The header as text; servers write UTF-8 or Latin-1 into it as it comes."""
    raw = location.strip().encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _bare(url: URL) -> URL:
    return url.with_user(None).with_fragment(None)


def _authorization(url: URL) -> dict[str, str]:
    if not url.user:
        return {}
    pair = f"{url.user}:{url.password or ''}".encode()
    return {"Authorization": f"Basic {b64encode(pair).decode()}"}


def _verdict(answer: Answer, journey: _Journey, *, conditional: bool) -> FeedError | None:
    """What is wrong with an answer that is no redirect; None for a feed or a proper 304."""
    url, status = journey.shown, answer.status
    if status == OK:
        return None if answer.body else EmptyResponseError(url, "an empty answer")
    if status == NOT_MODIFIED:
        unasked = BrokenResponseError(url, "304 Not Modified, although nothing was known")
        return None if conditional else unasked
    if status in _EMPTY:
        return EmptyResponseError(url, f"{_named(status)}: an answer without a feed")
    if status == HTTPStatus.GONE and journey.permanent:
        return GoneError(url, "410 Gone: the outlet has removed this feed for good", status)
    return BadStatusError(url, f"the server answers {_named(status)}", status)


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
