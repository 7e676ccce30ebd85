"""ETags and conditional requests: validators of GET responses, 304 Not Modified, Cache-Control.

A response that depends only on stories, articles and outlets gets its ETag from the change counter,
so a match is detected before the data is read. Any other response gets the hash of its body. All
ETags are weak, because the same response may be compressed or not.
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

from service.store.database.change_counter import ChangeCounter, read_change_counter
from service.web.dependencies import ReadSession, web_context

#: Cache-Control by path prefix; all other responses must be revalidated.
CACHE_CONTROL = {
    "/metrics": "no-store",
    "/healthz": "no-store",
    "/readyz": "no-store",
    "/v1/keys": "no-store",
    "/v1/subscribers": "no-store",
    "/v1/webhooks": "no-store",
    "/static": "public, max-age=86400",
}
REVALIDATE = "no-cache"
OK, NOT_MODIFIED, BAD_REQUEST = 200, 304, 400
#: Headers that describe a body; a 304 has none of them.
BODY_HEADERS = ("content-length", "content-type", "content-encoding")


class NotModifiedError(Exception):
    """The client has the current response; rendered as 304."""

    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.etag = etag


@dataclass(frozen=True, slots=True)
class ResponseValidators:
    """ETag and Last-Modified of a response."""

    etag: str
    modified: datetime | None = None  #: whole seconds, unique for each version
    counter: ChangeCounter | None = None  #: set if the response depends only on the counter


def etag_session(request: Request, session: ReadSession) -> Session:
    """Dependency: a read-only transaction whose change counter determines the ETag.

    Raises:
        NotModifiedError: the client has this version.
    """
    counter = read_change_counter(session)
    validators = counter_validators(counter, web_context(request).release, request.scope)
    if _matches_etag(request.headers, validators.etag):
        raise NotModifiedError(validators.etag)
    request.state.validators = validators
    return session


ETagSession = Annotated[Session, Depends(etag_session, scope="function")]


def counter_validators(counter: ChangeCounter, release: str, scope: Scope) -> ResponseValidators:
    """Validators from the change counter, the release and the URL."""
    parts = (
        release,
        counter.changed_at.isoformat(),
        scope["path"],
        scope["query_string"].decode(),
    )
    digest = hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()
    etag = f'W/"{counter.value:x}-{digest}"'
    return ResponseValidators(etag, counter.changed_at if counter.is_past else None, counter)


class ConditionalMiddleware:
    """Adds validators to GET responses and replaces responses that the client has by 304."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one request; event streams pass unchanged."""
        if scope["type"] == "http" and scope["method"] == "GET":
            send = _ConditionalSender(scope, send)
        await self.app(scope, receive, send)


class _ConditionalSender:
    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        """Delay the first message until the second shows whether the response is complete."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._start is not None:
            start, self._start = self._start, None
            message = self._finish_response(start, message)
            await self._send(start)
        await self._send(message)

    def _finish_response(self, start: Message, message: Message) -> Message:
        """Complete the headers; return the body, which is empty for 304."""
        headers = MutableHeaders(raw=list(start.get("headers", ())))
        is_complete = message["type"] == "http.response.body" and not message.get("more_body")
        headers.setdefault("Cache-Control", _cache_control(self._scope["path"], start["status"]))
        if start["status"] == OK and is_complete and headers["Cache-Control"] != "no-store":
            self._add_validators(headers, message.get("body", b""))
            if is_not_modified(Headers(scope=self._scope), headers):
                start["status"] = NOT_MODIFIED
        if start["status"] == NOT_MODIFIED:
            for name in BODY_HEADERS:
                del headers[name]
            message = {**message, "body": b""}
        start["headers"] = headers.raw
        return message

    def _add_validators(self, headers: MutableHeaders, body: bytes) -> None:
        if "etag" in headers:
            return
        digest = hashlib.blake2b(body, digest_size=12).hexdigest()
        validators = self._scope["state"].get("validators") or ResponseValidators(f'W/"{digest}"')
        headers["ETag"] = validators.etag
        if validators.modified:
            modified = validators.modified.astimezone(UTC)
            headers["Last-Modified"] = format_datetime(modified, usegmt=True)


def add_exception_handler(app: FastAPI) -> None:
    """Render `NotModifiedError` as 304."""

    async def respond_not_modified(_: Request, error: Exception) -> Response:
        if not isinstance(error, NotModifiedError):
            raise error
        return Response(status_code=NOT_MODIFIED, headers={"ETag": error.etag})

    app.add_exception_handler(NotModifiedError, respond_not_modified)


def _cache_control(path: str, status: int) -> str:
    if status >= BAD_REQUEST:
        return "no-store"
    matching = (value for prefix, value in CACHE_CONTROL.items() if path.startswith(prefix))
    return next(matching, REVALIDATE)


def is_not_modified(request: Headers, response: Headers) -> bool:
    """Whether the client has the response; If-None-Match takes precedence over a date."""
    if "if-none-match" in request:
        return request["if-none-match"].strip() == "*" or _matches_etag(request, response["etag"])
    try:
        since = parsedate_to_datetime(request.get("if-modified-since", ""))
        return parsedate_to_datetime(response.get("last-modified", "")) <= since
    except (ValueError, TypeError, OverflowError):  # not a date, or one without an offset
        return False


def _matches_etag(request: Headers, etag: str) -> bool:
    return _opaque_tag(etag) in map(_opaque_tag, request.get("if-none-match", "").split(","))


def _opaque_tag(etag: str) -> str:
    return etag.strip().removeprefix("W/")
