"""Requests that follow redirects: permanent moves, loops, credentials, final status."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp
from yarl import URL

from service.domain.catalogue.bot_protection import identify_bot_protection
from service.domain.urls.canonical import is_web_url
from service.errors import (
    BadStatusError,
    BadUrlError,
    BotProtectionError,
    BrokenResponseError,
    EmptyResponseError,
    FeedError,
    FeedTimeoutError,
    GoneError,
    HostBusyError,
    RedirectError,
)
from service.errors.redaction import redact_url
from service.ingest.fetching.request import READABLE, REDIRECTS, FeedResponse, exchange
from service.ingest.fetching.request_url import RequestUrl, join_location, parse_url
from service.ingest.fetching.responses.bodies import Limits
from service.ingest.fetching.throttle import HostThrottle

NOT_MODIFIED = 304
_PERMANENT = frozenset({301, 308})
_EMPTY = frozenset({204, 205})


@dataclass(frozen=True, slots=True)
class Route:
    """Settings shared by all hops of one request."""

    session: aiohttp.ClientSession
    throttle: HostThrottle
    headers: Mapping[str, str]
    conditional: bool
    limits: Limits
    max_redirects: int
    timeout_seconds: float
    #: Called with the URL of each hop; raises a FeedError if it must not be requested.
    permit: Callable[[str], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class RedirectResult:
    """The result of following redirects: a usable response if `error` is None."""

    final_url: str
    host: str
    moves: tuple[str, ...]  #: targets of the permanent redirects before the first temporary one
    response: FeedResponse | None
    error: FeedError | None
    seconds: float


@dataclass(slots=True)
class _RedirectState:
    """Mutable state while following redirects."""

    display_url: str
    at: RequestUrl
    authorization: str | None
    permanent: bool = True
    moves: list[str] = field(default_factory=list)
    cookies: aiohttp.CookieJar | None = None  #: those that servers set on the way
    visited: set[tuple[str, str]] = field(default_factory=set)  #: URLs with the cookies sent
    seconds: float = 0.0

    def headers(self) -> dict[str, str]:
        """Headers for the next hop."""
        authorization = {"Authorization": self.authorization} if self.authorization else {}
        cookie = self.cookie()
        return authorization | ({"Cookie": cookie} if cookie else {})

    def cookie(self) -> str:
        """Value of the Cookie header for the next hop; empty without cookies."""
        if self.cookies is None:
            return ""
        matching = self.cookies.filter_cookies(URL(self.at.text, encoded=True))
        return "; ".join(f"{each.key}={each.coded_value}" for each in matching.values())


async def follow(route: Route, address: str) -> RedirectResult:
    """Request a URL and follow redirects; return errors in the result."""
    display_url = redact_url(address)
    try:
        state = _initial_state(address, display_url)
    except FeedError as error:
        return RedirectResult(display_url, "", (), None, error, 0.0)
    try:
        response = await _follow_redirects(route, state)
    except FeedError as error:
        return _redirect_result(state, None, error)
    return _redirect_result(
        state, response, _check_response(response, state, conditional=route.conditional)
    )


def _initial_state(address: str, display_url: str) -> _RedirectState:
    if not is_web_url(address):
        raise BadUrlError(display_url, "Not an http(s) URL: expected https://host/path")
    try:
        at, authorization = parse_url(address)
    except ValueError as error:
        raise BadUrlError(display_url, f"Invalid URL: {error}") from error
    return _RedirectState(display_url, at, authorization)


def _redirect_result(
    state: _RedirectState, response: FeedResponse | None, error: FeedError | None
) -> RedirectResult:
    return RedirectResult(
        final_url=state.at.text,
        host=state.at.host,
        moves=() if error else tuple(state.moves),
        response=response,
        error=error,
        seconds=state.seconds,
    )


async def _follow_redirects(route: Route, state: _RedirectState) -> FeedResponse:
    for _ in range(route.max_redirects + 1):
        state.visited.add((state.at.text, state.cookie()))
        if route.permit is not None:
            await route.permit(state.at.text)
        response = await _send_in_slot(route, state)
        if response.status not in REDIRECTS:
            return response
        _apply_redirect(state, response)
    raise RedirectError(state.display_url, f"More than {route.max_redirects} redirects")


async def _send_in_slot(route: Route, state: _RedirectState) -> FeedResponse:
    """Send one request when a slot at the host is free; waiting does not count as elapsed time."""
    host = state.at.host
    async with route.throttle.slot(host):
        if pause := route.throttle.paused_for(host):
            seconds = f"{pause.total_seconds():.0f} s"
            raise HostBusyError(
                state.display_url, f"Request skipped: {host} requested a pause of {seconds}"
            )
        started = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(route.timeout_seconds - state.seconds):
                return await exchange(
                    route.session,
                    state.at.sent,
                    headers={**route.headers, **state.headers()},
                    limits=route.limits,
                    display_url=state.display_url,
                )
        except TimeoutError as error:
            limit = f"No complete response within {route.timeout_seconds:g} s"
            raise FeedTimeoutError(state.display_url, limit) from error
        finally:
            state.seconds += asyncio.get_running_loop().time() - started


def _apply_redirect(state: _RedirectState, response: FeedResponse) -> None:
    """Update the state for a redirect; raise RedirectError if it is invalid or a loop."""
    target = _parse_location(state, response)
    if response.cookies:
        if state.cookies is None:
            state.cookies = aiohttp.CookieJar(unsafe=True)  # also for IP addresses
        state.cookies.update_cookies(response.cookies, URL(state.at.text, encoded=True))
    if target.sent.origin() != state.at.sent.origin():
        state.authorization = None  # never send a password to another host
    state.permanent = state.permanent and response.status in _PERMANENT
    if state.permanent and not state.authorization:
        state.moves.append(target.text)
    state.at = target
    if (target.text, state.cookie()) in state.visited:
        raise RedirectError(state.display_url, f"Redirect loop through {target.text}")


def _parse_location(state: _RedirectState, response: FeedResponse) -> RequestUrl:
    # Servers send UTF-8 or Latin-1 bytes in this header.
    raw = (response.header("Location") or "").strip().encode("utf-8", "surrogateescape")
    try:
        location = raw.decode("utf-8")
    except UnicodeDecodeError:
        location = raw.decode("latin-1")
    try:
        target = join_location(state.at, location)
    except ValueError:
        target = None
    if target is None or not is_web_url(target.text):
        raise RedirectError(
            state.display_url, f"Redirect to {location[:200]!r}, which is not an http(s) URL"
        )
    return target


def _check_response(
    response: FeedResponse, state: _RedirectState, *, conditional: bool
) -> FeedError | None:
    """Return the error of a response without redirect, or None for a body or an expected 304."""
    url, status = state.display_url, response.status
    if status == NOT_MODIFIED:
        unexpected = BrokenResponseError(
            url, "304 Not Modified in reply to an unconditional request"
        )
        return None if conditional else unexpected
    try:
        status_text = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        status_text = str(status)
    if protection := identify_bot_protection(status, response.headers, response.body):
        return BotProtectionError(
            url,
            f"{protection} blocks automated requests ({status_text}); ask the outlet to admit"
            " them, or use another feed of it",
            status,
        )
    if status in READABLE:
        return None if response.body else EmptyResponseError(url, "Empty response")
    if status in _EMPTY:
        return EmptyResponseError(url, f"Response without a body: {status_text}")
    if status == HTTPStatus.GONE and state.permanent:
        return GoneError(url, "410 Gone: the feed was removed permanently", status)
    return BadStatusError(url, f"The server returned {status_text}", status)
