"""Answers that are kept in memory, for as long as the store stands as it stood when they were made.

Whether it does is asked of the store for each request, but not one by one: a reading of its counter
serves all requests that came before it began. So a kept answer is never older than the request
for it, and under load a reading is shared by many.

Whatever checks keys, counts requests or limits them stands outside of this layer. Every key may read
what anybody may where reading is open: so an answer is shared by all, unless its route asked for a
role. A request with credentials that were not found to be a key is answered apart.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import DatabaseError
from service.store.database.change_counter import State
from service.web.middleware.etags import NOT_MODIFIED, OF_BODIES, OK, Validators, is_known
from service.web.middleware.gzip import said, takes_gzip
from service.web.middleware.shared_reads import Readings, seen

#: Only below this path; pages tell ages, which change by themselves.
KEPT_BELOW = "/v1/"
#: Requests with one of these may be answered in a way of their own,
CREDENTIALS = frozenset({b"cookie", b"x-api-key"})
#: and with this one unless it presents a key that is good.
KEYED = b"authorization"
#: What an answer takes beside its body and address: headers and the rest, bytes.
BESIDES = 2000
#: An answer that is larger than this part of all memory is not kept.
LARGEST_PART = 8

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it went out, and the state of the store in which it was made."""

    state: State
    headers: list[tuple[bytes, bytes]]
    body: bytes
    route: Any  #: of the framework, for the figures
    size: int  #: bytes that it takes with its address, about


class Kept:
    """Answers with what is kept while it is good, and keeps what is known by the store's state."""

    def __init__(self, app: ASGIApp, readings: Readings, most: int) -> None:
        self.app = app
        self._readings = readings
        self._most = most  #: bytes
        self._size = 0
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._being_made: dict[Key, asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        key = key_of(scope)
        if key is None or not self._most:
            await self.app(scope, receive, send)
        elif key not in self._answers:
            await self._make(key, scope, receive, send)
        elif (answer := await self._good(key, seen(scope))) is not None:
            await _reply(answer, scope, send)
        else:
            await self._renew(key, scope, receive, send)

    async def _good(self, key: Key, state: State | None = None) -> Answer | None:
        """The kept answer if it is still good; none if nobody can tell."""
        try:
            state = state or await self._readings.state()
        except (SQLAlchemyError, DatabaseError):
            return None  # the application says so in its own way
        answer = self._answers.get(key)
        if answer is None or answer.state != state:
            return None
        self._answers.move_to_end(key)
        return answer

    async def _renew(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        """Make an answer anew that many may wait for: one makes it, the others wait for that."""
        if (other := self._being_made.get(key)) is not None:
            await other.wait()
            if (answer := await self._good(key)) is not None:
                await _reply(answer, scope, send)
                return
            await self._make(key, scope, receive, send)
            return
        made = self._being_made[key] = asyncio.Event()
        try:
            await self._make(key, scope, receive, send)
        finally:
            del self._being_made[key]
            made.set()

    async def _make(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        recorder = _Recorder(scope, send)
        await self.app(scope, receive, recorder)
        if recorder.answer is not None:
            self._keep(key, recorder.answer)

    def _keep(self, key: Key, answer: Answer) -> None:
        if answer.size > self._most // LARGEST_PART:
            return
        self._drop(key)
        self._answers[key] = answer
        self._size += answer.size
        while self._size > self._most:
            self._drop(next(iter(self._answers)))

    def _drop(self, key: Key) -> None:
        if (answer := self._answers.pop(key, None)) is not None:
            self._size -= answer.size


class _Recorder:
    """Passes an answer on and remembers it, if it is whole and known by the state of the store."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.answer: Answer | None = None
        self._scope = scope
        self._send = send
        self._headers: list[tuple[bytes, bytes]] | None = None  #: of an answer that may be kept

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            # A copy: layers further out write into the list.
            self._headers = list(message["headers"]) if message["status"] == OK else None
        elif self._headers is not None and not message.get("more_body"):
            self.answer = self._whole(self._headers, message.get("body", b""))
        else:
            self._headers = None
        await self._send(message)

    def _whole(self, headers: list[tuple[bytes, bytes]], body: bytes) -> Answer | None:
        state = self._scope["state"]
        known: Validators | None = state.get("validators")
        if known is None or known.state is None or state.get("role"):
            return None
        size = len(body) + len(self._scope["path"]) + len(self._scope["query_string"]) + BESIDES
        return Answer(known.state, headers, body, self._scope.get("route"), size)


def key_of(scope: Scope) -> Key | None:
    """What tells answers apart; None for a request whose answer is not to be kept."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    if not scope["path"].startswith(KEPT_BELOW):
        return None
    host = b""
    for name, value in scope["headers"]:
        if name in CREDENTIALS or (name == KEYED and "secret" not in scope["state"]):
            return None
        if name == b"host":
            host = value
    packed = takes_gzip(said(scope))
    return scope["path"], scope["query_string"], scope.get("scheme"), host, packed


async def _reply(answer: Answer, scope: Scope, send: Send) -> None:
    """Send a kept answer, or 304 to whoever has it."""
    scope["route"] = answer.route
    headers, body, status = answer.headers, answer.body, OK
    if is_known(Headers(scope=scope), Headers(raw=headers)):
        status, body = NOT_MODIFIED, b""
        told = MutableHeaders(raw=list(headers))
        for name in OF_BODIES:
            del told[name]
        headers = told.raw
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})
