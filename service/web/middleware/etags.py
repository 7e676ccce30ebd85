"""Conditional requests: what an answer is known by, and 304 for whoever has it already.

Answers that come from stories, articles and outlets are known by the store's state: whether
they are still good is known before anything of them is read. All others are made, and known
by their bytes. Every ETag is weak, for the same answer may be compressed or not.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.store.database.change_counter import State, current_state
from service.web.dependencies import ReadSession, web_of

#: How long what may be kept; all else is asked for anew each time, and is 304 when it is the same.
KEPT = {
    "/metrics": "no-store",
    "/healthz": "no-store",
    "/readyz": "no-store",
    "/v1/keys": "no-store",
    "/v1/subscribers": "no-store",
    "/v1/webhooks": "no-store",
    "/static": "public, max-age=86400",
}
ASK_AGAIN = "no-cache"
OK, NOT_MODIFIED, BAD_REQUEST = 200, 304, 400
#: Headers of an answer that say something about its body.
OF_BODIES = ("content-length", "content-type", "content-encoding")


class NotModifiedError(Exception):
    """Whoever asks has the answer already; rendered as 304."""

    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.etag = etag


@dataclass(frozen=True, slots=True)
class Validators:
    """What an answer is known by."""

    etag: str
    modified: datetime | None = None  #: whole seconds, of no second answer
    state: State | None = None  #: of the store, where that tells all of the answer


def tagged(request: Request, session: ReadSession) -> Session:
    """A read-only transaction whose answer is known by the state of the store that it sees.

    Raises:
        NotModifiedError: the request names this very answer.
    """
    known = of_state(current_state(session), web_of(request).release, request.scope)
    if _holds(request.headers, known.etag):
        raise NotModifiedError(known.etag)
    request.state.validators = known
    return session


TaggedSession = Annotated[Session, Depends(tagged, scope="function")]


def of_state(state: State, release: str, scope: Scope) -> Validators:
    """The validators of an answer; another address, release or database has others."""
    told = (release, state.changed_at.isoformat(), scope["path"], scope["query_string"].decode())
    digest = hashlib.blake2b("\n".join(told).encode(), digest_size=8).hexdigest()
    etag = f'W/"{state.number:x}-{digest}"'
    return Validators(etag, state.changed_at if state.past else None, state)


class Conditional:
    """Gives answers to GET their validators, and leaves out bodies that are known."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; streams pass as they are."""
        if scope["type"] == "http" and scope["method"] == "GET":
            send = _Answer(scope, send)
        await self.app(scope, receive, send)


class _Answer:
    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        """Hold back the first message until the second tells whether that is all."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._start is not None:
            start, self._start = self._start, None
            message = self._finish(start, message)
            await self._send(start)
        await self._send(message)

    def _finish(self, start: Message, message: Message) -> Message:
        """Complete the headers; the body, or none if whoever asks has it."""
        headers = MutableHeaders(raw=list(start.get("headers", ())))
        whole = message["type"] == "http.response.body" and not message.get("more_body")
        headers.setdefault("Cache-Control", _keeping(self._scope["path"], start["status"]))
        if start["status"] == OK and whole and headers["Cache-Control"] != "no-store":
            self._validate(headers, message.get("body", b""))
            if is_known(Headers(scope=self._scope), headers):
                start["status"] = NOT_MODIFIED
        if start["status"] == NOT_MODIFIED:
            for name in OF_BODIES:
                del headers[name]
            message = {**message, "body": b""}
        start["headers"] = headers.raw
        return message

    def _validate(self, headers: MutableHeaders, body: bytes) -> None:
        if "etag" in headers:
            return
        digest = hashlib.blake2b(body, digest_size=12).hexdigest()
        known = self._scope["state"].get("validators") or Validators(f'W/"{digest}"')
        headers["ETag"] = known.etag
        if known.modified:
            headers["Last-Modified"] = format_datetime(known.modified.astimezone(UTC), usegmt=True)


def install(app: FastAPI) -> None:
    """Let an application answer with 304 where a route says so."""
    app.add_exception_handler(NotModifiedError, _not_modified)


def _not_modified(_: Request, error: Exception) -> Response:
    if not isinstance(error, NotModifiedError):
        raise error
    return Response(status_code=NOT_MODIFIED, headers={"ETag": error.etag})


def _keeping(path: str, status: int) -> str:
    if status >= BAD_REQUEST:
        return "no-store"
    return next((kept for start, kept in KEPT.items() if path.startswith(start)), ASK_AGAIN)


def is_known(request: Headers, answer: Headers) -> bool:
    """Whether the request's conditions say that it has the answer; a tag outweighs a date."""
    if "if-none-match" in request:
        return request["if-none-match"].strip() == "*" or _holds(request, answer["etag"])
    try:
        since = parsedate_to_datetime(request.get("if-modified-since", ""))
        return parsedate_to_datetime(answer.get("last-modified", "")) <= since
    except (ValueError, TypeError, OverflowError):  # no dates, or one without a zone
        return False


def _holds(request: Headers, etag: str) -> bool:
    return _opaque(etag) in map(_opaque, request.get("if-none-match", "").split(","))


def _opaque(etag: str) -> str:
    return etag.strip().removeprefix("W/")
