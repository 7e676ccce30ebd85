"""In-memory response cache of the API, valid while the change counter is unchanged.

Each request checks the change counter, but concurrent requests share one read of it. A cached
response is therefore never older than its request. After a change, an identical response keeps its
validators.

Authentication and limits run before this middleware. All clients share one response, because a key
reads the same data as an anonymous client where reading is open. Responses that require a role are
not cached, and requests with credentials that are not a valid key bypass the cache.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import DatabaseError
from service.store.database.change_counter import ChangeCounter
from service.web.middleware.etags import (
    NOT_MODIFIED,
    OK,
    ResponseValidators,
    apply_conditions,
)
from service.web.middleware.gzip import accept_encoding, accepts_gzip
from service.web.middleware.shared_reads import SharedReads, pop_counter
from service.web.requests.reader import has_only_preferences

#: Pages are not cached: they show ages, which change without a change of the data.
CACHED_PREFIXES = ("/v1/", "/pictures/", "/sitemap.xml")
#: Requests with this header bypass the cache unless its key is valid. So do requests with a cookie
#: other than a preference.
KEY_HEADER = b"authorization"
#: Headers of conditional requests.
CONDITION_HEADERS = frozenset({b"if-none-match", b"if-modified-since"})
#: Estimated memory of an entry besides body and URL, in bytes.
ENTRY_OVERHEAD = 2000
#: A response larger than this fraction of the cache is not cached.
MAX_ENTRY_FRACTION = 8

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A complete response and the change counter that it depends on."""

    counter: ChangeCounter
    headers: list[tuple[bytes, bytes]]
    body: bytes
    route: Any  #: route of the framework, for metrics
    size: int  #: estimated memory in bytes


class _Computation:
    """The computation of a response for which identical requests wait."""

    def __init__(self) -> None:
        self.finished = asyncio.Event()
        self.response: CachedResponse | None = None  #: None if it failed or cannot be shared

    def finish(self, response: CachedResponse | None) -> None:
        """Let the waiting requests continue; only the first call has an effect."""
        if not self.finished.is_set():
            self.response = response
            self.finished.set()


class ResponseCache:
    """Serves cached responses while they are valid; evicts the least recently used.

    Identical requests at the same time compute one response.
    """

    def __init__(self, app: ASGIApp, reads: SharedReads, max_bytes: int) -> None:
        self.app = app
        self._reads = reads
        self._max_bytes = max_bytes
        self._size = 0
        self._responses: OrderedDict[Key, CachedResponse] = OrderedDict()
        self._running: dict[Key, _Computation] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one request."""
        key = cache_key(scope)
        if key is None or not self._max_bytes:
            await self.app(scope, receive, send)
            return
        response = self._responses.get(key)
        if response is not None and await self._is_current(response, pop_counter(scope)):
            if key in self._responses:
                self._responses.move_to_end(key)
            await _send_cached(response, scope, send)
        else:
            await self._share(key, scope, receive, send)

    async def _is_current(
        self, response: CachedResponse, counter: ChangeCounter | None = None
    ) -> bool:
        """Whether nothing changed since the response; False also without a database."""
        try:
            return response.counter == (counter or await self._reads.counter())
        except (SQLAlchemyError, DatabaseError):
            return False  # the application reports the error

    async def _share(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        """Compute the response once for all requests that wait for it.

        A computation that began before a request may have read older data, so its response is
        checked. One that began later is valid without a check.
        """
        running = self._running.get(key)
        if running is None:
            await self._compute_for_all(key, scope, receive, send)
            return
        await running.finished.wait()
        response = running.response
        if response is not None and not await self._is_current(response):
            later = self._running.get(key)
            if later is None:
                await self._compute_for_all(key, scope, receive, send)
                return
            await later.finished.wait()
            response = later.response
        if response is None:
            await self._compute(key, _Computation(), scope, receive, send)
        else:
            await _send_cached(response, scope, send)

    async def _compute_for_all(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        """Compute the response for this request and for identical ones that arrive meanwhile."""
        computation = self._running[key] = _Computation()
        try:
            await self._compute(key, computation, scope, receive, send)
        finally:
            del self._running[key]
            computation.finish(None)

    async def _compute(
        self, key: Key, computation: _Computation, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let the application respond, and cache the response if possible."""

        def keep(response: CachedResponse | None) -> None:
            computation.finish(response)
            if response is not None and response.size <= self._max_bytes // MAX_ENTRY_FRACTION:
                self._store(key, response)

        recorder = _Recorder(scope, send, self._responses.get(key), keep)
        # The recorder checks the conditions, so that the application returns the whole response.
        scope["headers"] = [each for each in scope["headers"] if each[0] not in CONDITION_HEADERS]
        await self.app(scope, receive, recorder)

    def _store(self, key: Key, response: CachedResponse) -> None:
        self._remove(key)
        self._responses[key] = response
        self._size += response.size
        while self._size > self._max_bytes:
            self._remove(next(iter(self._responses)))

    def _remove(self, key: Key) -> None:
        if (response := self._responses.pop(key, None)) is not None:
            self._size -= response.size


class _Recorder:
    """Sends a response, or 304 if the client has it; before that, passes the response to `keep`.

    `keep` gets None if the response cannot be shared: it is incomplete, has another status than
    200, depends on more than the change counter, or requires a role.
    """

    def __init__(
        self,
        scope: Scope,
        send: Send,
        previous: CachedResponse | None,
        keep: Callable[[CachedResponse | None], None],
    ) -> None:
        self._scope = scope
        self._conditions = Headers(raw=list(scope["headers"]))
        self._send = send
        self._previous = previous
        self._keep = keep
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            if message["status"] != OK or self._counter() is None:
                self._keep(None)
            return
        if self._start is None:
            await self._send(message)
            return
        start, self._start = self._start, None
        if message.get("more_body") or start["status"] != OK:
            self._keep(None)
            await self._send(start)
            await self._send(message)
            return
        headers, body = self._reuse_date(list(start["headers"])), message.get("body", b"")
        if (counter := self._counter()) is not None:
            url_size = len(self._scope["path"]) + len(self._scope["query_string"])
            size = len(body) + url_size + ENTRY_OVERHEAD
            # A copy of the headers, because outer middleware modifies the list.
            self._keep(CachedResponse(counter, list(headers), body, self._scope.get("route"), size))
        await _send_unless_unchanged(self._conditions, headers, body, self._send)

    def _counter(self) -> ChangeCounter | None:
        """Return the change counter of a response that can be shared."""
        state = self._scope["state"]
        validators: ResponseValidators | None = state.get("validators")
        return None if validators is None or state.get("role") else validators.counter

    def _reuse_date(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Keep the earlier Last-Modified if the response is still the same."""
        if self._previous is None:
            return headers
        current, previous = MutableHeaders(raw=headers), Headers(raw=self._previous.headers)
        if "last-modified" in previous and current.get("etag") == previous.get("etag"):
            current["Last-Modified"] = previous["last-modified"]
        return current.raw


def cache_key(scope: Scope) -> Key | None:
    """Everything that a response depends on; None for a request that bypasses the cache."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    if not scope["path"].startswith(CACHED_PREFIXES):
        return None
    host = b""
    for name, value in scope["headers"]:
        if name == KEY_HEADER and "secret" not in scope["state"]:
            return None
        if name == b"cookie" and not has_only_preferences(value.decode("latin-1")):
            return None
        if name == b"host":
            host = value
    compressed = accepts_gzip(accept_encoding(scope))
    return scope["path"], scope["query_string"], scope.get("scheme"), host, compressed


async def _send_cached(response: CachedResponse, scope: Scope, send: Send) -> None:
    """Send a cached response, or 304 if the client has it."""
    scope["route"] = response.route
    await _send_unless_unchanged(Headers(scope=scope), list(response.headers), response.body, send)


async def _send_unless_unchanged(
    conditions: Headers, headers: list[tuple[bytes, bytes]], body: bytes, send: Send
) -> None:
    """Send a complete response, or 304 if the client has it; modifies `headers`."""
    remaining = MutableHeaders(raw=headers)
    status = apply_conditions(conditions, OK, remaining)
    await send({"type": "http.response.start", "status": status, "headers": remaining.raw})
    await send({"type": "http.response.body", "body": b"" if status == NOT_MODIFIED else body})
