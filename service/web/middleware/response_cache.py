"""In-memory response cache of the API, valid while the change counter is unchanged.

Each request checks the change counter, but concurrent requests share one read of it. A cached
response is therefore never older than its request.

Authentication and limits run before this middleware. All clients share one response, because a key
reads the same data as an anonymous client where reading is open. Responses that require a role are
not cached, and requests with credentials that are not a valid key bypass the cache.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import DatabaseError
from service.store.database.change_counter import ChangeCounter
from service.web.middleware.etags import (
    BODY_HEADERS,
    NOT_MODIFIED,
    OK,
    ResponseValidators,
    is_not_modified,
)
from service.web.middleware.gzip import accept_encoding, accepts_gzip
from service.web.middleware.shared_reads import SharedReads, pop_counter

#: Pages are not cached: they show ages, which change without a change of the data.
CACHED_PREFIX = "/v1/"
#: Requests with one of these headers bypass the cache.
CREDENTIAL_HEADERS = frozenset({b"cookie", b"x-api-key"})
#: Requests with this header bypass the cache unless its key is valid.
KEY_HEADER = b"authorization"
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


class ResponseCache:
    """Serves cached responses while they are valid; evicts the least recently used."""

    def __init__(self, app: ASGIApp, reads: SharedReads, max_bytes: int) -> None:
        self.app = app
        self._reads = reads
        self._max_bytes = max_bytes
        self._size = 0
        self._responses: OrderedDict[Key, CachedResponse] = OrderedDict()
        self._in_progress: dict[Key, asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one request."""
        key = cache_key(scope)
        if key is None or not self._max_bytes:
            await self.app(scope, receive, send)
        elif key not in self._responses:
            await self._compute(key, scope, receive, send)
        elif (response := await self._get_valid(key, pop_counter(scope))) is not None:
            await _send_cached(response, scope, send)
        else:
            await self._refresh(key, scope, receive, send)

    async def _get_valid(
        self, key: Key, counter: ChangeCounter | None = None
    ) -> CachedResponse | None:
        """Return the cached response if it is valid; None also without a database."""
        try:
            counter = counter or await self._reads.counter()
        except (SQLAlchemyError, DatabaseError):
            return None  # the application reports the error
        response = self._responses.get(key)
        if response is None or response.counter != counter:
            return None
        self._responses.move_to_end(key)
        return response

    async def _refresh(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        """Compute an outdated response once; concurrent requests wait for it."""
        if (other := self._in_progress.get(key)) is not None:
            await other.wait()
            if (response := await self._get_valid(key)) is not None:
                await _send_cached(response, scope, send)
                return
            await self._compute(key, scope, receive, send)
            return
        finished = self._in_progress[key] = asyncio.Event()
        try:
            await self._compute(key, scope, receive, send)
        finally:
            del self._in_progress[key]
            finished.set()

    async def _compute(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application respond, and cache the response if possible."""
        recorder = _Recorder(scope, send)
        await self.app(scope, receive, recorder)
        response = recorder.response
        if response is None or response.size > self._max_bytes // MAX_ENTRY_FRACTION:
            return
        self._remove(key)
        self._responses[key] = response
        self._size += response.size
        while self._size > self._max_bytes:
            self._remove(next(iter(self._responses)))

    def _remove(self, key: Key) -> None:
        if (response := self._responses.pop(key, None)) is not None:
            self._size -= response.size


class _Recorder:
    """Sends a response and records it if it is complete and has a change counter."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.response: CachedResponse | None = None
        self._scope = scope
        self._send = send
        self._headers: list[tuple[bytes, bytes]] | None = None  #: None if not cacheable

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            # A copy, because outer middleware modifies the list.
            self._headers = list(message["headers"]) if message["status"] == OK else None
        elif self._headers is not None and not message.get("more_body"):
            self.response = self._record(self._headers, message.get("body", b""))
        else:
            self._headers = None
        await self._send(message)

    def _record(self, headers: list[tuple[bytes, bytes]], body: bytes) -> CachedResponse | None:
        state = self._scope["state"]
        validators: ResponseValidators | None = state.get("validators")
        if validators is None or validators.counter is None or state.get("role"):
            return None
        url_size = len(self._scope["path"]) + len(self._scope["query_string"])
        size = len(body) + url_size + ENTRY_OVERHEAD
        return CachedResponse(validators.counter, headers, body, self._scope.get("route"), size)


def cache_key(scope: Scope) -> Key | None:
    """Everything that a response depends on; None for a request that bypasses the cache."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    if not scope["path"].startswith(CACHED_PREFIX):
        return None
    host = b""
    for name, value in scope["headers"]:
        has_invalid_key = name == KEY_HEADER and "secret" not in scope["state"]
        if name in CREDENTIAL_HEADERS or has_invalid_key:
            return None
        if name == b"host":
            host = value
    compressed = accepts_gzip(accept_encoding(scope))
    return scope["path"], scope["query_string"], scope.get("scheme"), host, compressed


async def _send_cached(response: CachedResponse, scope: Scope, send: Send) -> None:
    """Send a cached response, or 304 if the client has it."""
    scope["route"] = response.route
    headers, body, status = response.headers, response.body, OK
    if is_not_modified(Headers(scope=scope), Headers(raw=headers)):
        status, body = NOT_MODIFIED, b""
        remaining = MutableHeaders(raw=list(headers))
        for name in BODY_HEADERS:
            del remaining[name]
        headers = remaining.raw
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})
