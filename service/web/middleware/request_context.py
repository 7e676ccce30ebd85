"""Outermost middleware: request id, security headers, request metrics, unexpected errors, HEAD."""

import time
import uuid
from collections.abc import Mapping

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from service.telemetry import tracing
from service.web.metrics import Metrics
from service.web.rendering.reader_clock import current_languages, current_zone
from service.web.requests.problems import problem
from service.web.requests.reader import read_languages, read_zone

log = structlog.get_logger(__name__)

INTERNAL_ERROR = "Internal error. Search the service log for this request id"
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
#: Pages with a script: the keyboard shortcuts of the desk. All other pages forbid scripts.
SCRIPT_PATHS = ("/desk",)
SCRIPT_HEADERS = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": f"script-src 'self'; {SECURITY_HEADERS['Content-Security-Policy']}",
}


def _encode(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


_RAW_HEADERS, _RAW_SCRIPT_HEADERS = _encode(SECURITY_HEADERS), _encode(SCRIPT_HEADERS)


class RequestContextMiddleware:
    """Gives each request an id and makes sure that it gets a complete response."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one request; HEAD runs as GET, and the server omits the body."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sender = _HeaderSender(send, scope["path"])
        state = scope.setdefault("state", {})
        state["request_id"] = sender.request_id
        state["head"] = scope["method"] == "HEAD"
        inner = {**scope, "method": "GET"} if state["head"] else scope
        started = time.perf_counter()
        zone = current_zone.set(read_zone(scope))
        languages = current_languages.set(read_languages(scope))
        try:
            with (
                bound_contextvars(request=sender.request_id),
                tracing.span("request", method=scope["method"], request=sender.request_id),
            ):
                await self.app(inner, receive, sender)
                tracing.set_attributes(route=_route(inner), status=sender.status)
        except Exception:
            log.exception(
                "request failed",
                action="request_failed",
                path=scope["path"],
                request_id=sender.request_id,
            )
            if sender.status:
                raise  # part of the response is sent: the server can only close the connection
            response = problem(Request(inner), 500, INTERNAL_ERROR)
            await response(inner, receive, sender)
        finally:
            current_zone.reset(zone)
            current_languages.reset(languages)
            seconds = time.perf_counter() - started
            self._metrics.observe(scope["method"], _route(inner), sender.status, seconds)


def _route(scope: Scope) -> str:
    """The path template, not the path: labels must stay few, and paths contain tokens."""
    return str(getattr(scope.get("route"), "path", "other"))


class _HeaderSender:
    """Sends a response with the headers that all responses have."""

    def __init__(self, send: Send, path: str) -> None:
        self.request_id = uuid.uuid4().hex
        self._headers = _RAW_SCRIPT_HEADERS if path.startswith(SCRIPT_PATHS) else _RAW_HEADERS
        self.status = 0
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            request_id = (b"x-request-id", self.request_id.encode())
            headers = [*message.get("headers", ()), *self._headers, request_id]
            message = {**message, "headers": headers}
        await self._send(message)
