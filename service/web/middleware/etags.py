"""ETags and conditional requests: validators of GET responses, 304 Not Modified, Cache-Control.

The ETag of a response is the hash of its body: changes that do not affect the response keep it.
Responses that depend only on stories, articles and outlets also have Last-Modified, the time of
their last change. The response cache keeps an earlier time while the response stays the same. All
ETags are weak, because the same response may be compressed or not.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.store.database.change_counter import ChangeCounter, read_change_counter
from service.web.dependencies import ReadSession

#: Cache-Control by path prefix; all other responses must be revalidated.
CACHE_CONTROL = {
    "/metrics": "no-store",
    "/healthz": "no-store",
    "/readyz": "no-store",
    "/v1/keys": "no-store",
    "/v1/subscribers": "no-store",
    "/v1/webhooks": "no-store",
    "/static": "public, max-age=86400",
    "/favicon.ico": "public, max-age=86400",
}
REVALIDATE = "no-cache"
OK, NOT_MODIFIED, BAD_REQUEST = 200, 304, 400
#: Headers that describe a body; a 304 has none of them.
BODY_HEADERS = ("content-length", "content-type", "content-encoding")


@dataclass(frozen=True, slots=True)
class ResponseValidators:
    """Last-Modified of a response, and the counter that it depends on; the ETag is a hash."""

    modified: datetime | None = None  #: whole seconds
    counter: ChangeCounter | None = None  #: set if the response depends only on the counter


def etag_session(request: Request, session: ReadSession) -> Session:
    """Dependency: a read-only transaction of a response that depends only on the change counter."""
    counter = read_change_counter(session)
    modified = counter.changed_at if counter.is_past else None
    request.state.validators = ResponseValidators(modified, counter)
    return session


ETagSession = Annotated[Session, Depends(etag_session, scope="function")]


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
        conditions = Headers()
        if start["status"] == OK and is_complete and headers["Cache-Control"] != "no-store":
            self._add_validators(headers, message.get("body", b""))
            conditions = Headers(scope=self._scope)
        start["status"] = apply_conditions(conditions, start["status"], headers)
        start["headers"] = headers.raw
        return {**message, "body": b""} if start["status"] == NOT_MODIFIED else message

    def _add_validators(self, headers: MutableHeaders, body: bytes) -> None:
        if "etag" in headers:
            return
        validators = self._scope["state"].get("validators") or ResponseValidators()
        digest = hashlib.blake2b(body, digest_size=12).hexdigest()
        headers["ETag"] = f'W/"{digest}"'
        if validators.modified:
            modified = validators.modified.astimezone(UTC)
            headers["Last-Modified"] = format_datetime(modified, usegmt=True)


def _cache_control(path: str, status: int) -> str:
    if status >= BAD_REQUEST:
        return "no-store"
    matching = (value for prefix, value in CACHE_CONTROL.items() if path.startswith(prefix))
    return next(matching, REVALIDATE)


def apply_conditions(conditions: Headers, status: int, headers: MutableHeaders) -> int:
    """Return the status of a response: 304 instead of 200 if the client has it.

    A 304 loses its headers that describe the body; the caller must omit the body.
    """
    if status == OK and is_not_modified(conditions, headers):
        status = NOT_MODIFIED
    if status == NOT_MODIFIED:
        for name in BODY_HEADERS:
            del headers[name]
    return status


def is_not_modified(request: Headers, response: Headers) -> bool:
    """Whether the client has the response; If-None-Match takes precedence over a date."""
    if conditions := request.getlist("if-none-match"):
        # Several lines mean the same as one with all values (RFC 9110, section 5.3).
        tags = [_opaque_tag(each) for each in ",".join(conditions).split(",")]
        return tags == ["*"] or _opaque_tag(response.get("etag", "")) in tags
    try:
        since = parsedate_to_datetime(request.get("if-modified-since", ""))
        return parsedate_to_datetime(response.get("last-modified", "")) <= since
    except (ValueError, TypeError, OverflowError):  # not a date, or one without an offset
        return False


def _opaque_tag(etag: str) -> str:
    return etag.strip().removeprefix("W/")
