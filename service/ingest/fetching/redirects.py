"""Requests that follow redirects: permanent moves, loops, credentials, final status."""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp
from yarl import URL

from service.domain.text.urls import is_web_url, strip_credentials
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
from service.ingest.fetching.request import OK, REDIRECTS, FeedResponse, exchange
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


@dataclass(frozen=True, slots=True)
class RedirectResult:
    """The result of following redirects: a usable response if `error` is None."""

    final_url: str
    host: str
    moved_to: str | None
    response: FeedResponse | None
    error: FeedError | None
    seconds: float


@dataclass(slots=True)
class _RedirectState:
    """Mutable state while following redirects."""

    display_url: str
    at: URL
    authorization: dict[str, str]
    permanent: bool = True
    moved_to: str | None = None
    visited: set[URL] = field(default_factory=set)
    seconds: float = 0.0


async def follow(route: Route, address: str) -> RedirectResult:
    """Request a URL and follow redirects; return errors in the result."""
    display_url = strip_credentials(address)
    try:
        state = _initial_state(address, display_url)
    except FeedError as error:
        return RedirectResult(display_url, "", None, None, error, 0.0)
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
        url = URL(address.strip())
        at, authorization = _without_user_and_fragment(url), _basic_authorization(url)
    except ValueError as error:
        raise BadUrlError(display_url, f"Invalid URL: {error}") from error
    return _RedirectState(display_url, at, authorization)


def _redirect_result(
    state: _RedirectState, response: FeedResponse | None, error: FeedError | None
) -> RedirectResult:
    return RedirectResult(
        final_url=str(state.at),
        host=state.at.host or "",
        moved_to=state.moved_to if error is None else None,
        response=response,
        error=error,
        seconds=state.seconds,
    )


async def _follow_redirects(route: Route, state: _RedirectState) -> FeedResponse:
    for _ in range(route.max_redirects + 1):
        state.visited.add(state.at)
        response = await _send_in_slot(route, state)
        if response.status not in REDIRECTS:
            return response
        _apply_redirect(state, response)
    raise RedirectError(state.display_url, f"More than {route.max_redirects} redirects")


async def _send_in_slot(route: Route, state: _RedirectState) -> FeedResponse:
    """Send one request when a slot at the host is free; waiting does not count as elapsed time."""
    host = state.at.host or ""
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
                    state.at,
                    headers={**route.headers, **state.authorization},
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
    if target in state.visited:
        raise RedirectError(state.display_url, f"Redirect loop through {target}")
    if target.origin() != state.at.origin():
        state.authorization = {}  # never send a password to another host
    state.permanent = state.permanent and response.status in _PERMANENT
    if state.permanent and not state.authorization:
        state.moved_to = str(target)
    state.at = target


def _parse_location(state: _RedirectState, response: FeedResponse) -> URL:
    # Servers send UTF-8 or Latin-1 bytes in this header.
    raw = (response.header("Location") or "").strip().encode("utf-8", "surrogateescape")
    try:
        location = raw.decode("utf-8")
    except UnicodeDecodeError:
        location = raw.decode("latin-1")
    try:
        target = _without_user_and_fragment(state.at.join(URL(location))) if location else None
    except ValueError:
        target = None
    if target is None or not is_web_url(str(target)):
        raise RedirectError(
            state.display_url, f"Redirect to {location[:200]!r}, which is not an http(s) URL"
        )
    return target


def _without_user_and_fragment(url: URL) -> URL:
    return url.with_user(None).with_fragment(None)


def _basic_authorization(url: URL) -> dict[str, str]:
    if not url.user:
        return {}
    pair = f"{url.user}:{url.password or ''}".encode()
    return {"Authorization": f"Basic {b64encode(pair).decode()}"}


def _check_response(
    response: FeedResponse, state: _RedirectState, *, conditional: bool
) -> FeedError | None:
    """Return the error of a response without redirect, or None for a body or an expected 304."""
    url, status = state.display_url, response.status
    if status == OK:
        return None if response.body else EmptyResponseError(url, "Empty response")
    if status == NOT_MODIFIED:
        unexpected = BrokenResponseError(
            url, "304 Not Modified in reply to an unconditional request"
        )
        return None if conditional else unexpected
    try:
        status_text = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        status_text = str(status)
    if status in _EMPTY:
        return EmptyResponseError(url, f"Response without a body: {status_text}")
    if status == HTTPStatus.GONE and state.permanent:
        return GoneError(url, "410 Gone: the feed was removed permanently", status)
    return BadStatusError(url, f"The server returned {status_text}", status)
