"""The layer around every request: its id, its headers, its figures, its last resort."""

import time
import uuid

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.web.metrics import Metrics
from service.web.requests.problems import problem

log = structlog.get_logger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
#: The same as they go out.
ENCODED = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]


class Outermost:
    """Wraps an application so that whatever happens inside, the answer is whole."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; HEAD as GET, whose body the server leaves out."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(send)
        state = scope.setdefault("state", {})
        state["request_id"] = answer.request_id
        state["head"] = scope["method"] == "HEAD"
        inner = {**scope, "method": "GET"} if state["head"] else scope
        started = time.perf_counter()
        try:
            await self.app(inner, receive, answer)
        except Exception:
            log.exception("request failed", path=scope["path"], request_id=answer.request_id)
            if answer.status:
                raise  # half an answer is out; the server can only break it off
            last_resort = problem(Request(inner), 500, "an unexpected error; it has been logged")
            await last_resort(inner, receive, answer)
        finally:
            seconds = time.perf_counter() - started
            self.metrics.observe(scope["method"], _route(inner), answer.status, seconds)


class _Answer:
    """Passes an answer on, with the headers that all have."""

    def __init__(self, send: Send) -> None:
        self.request_id = uuid.uuid4().hex
        self.status = 0
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = (b"x-request-id", self.request_id.encode())
            message = {**message, "headers": [*message.get("headers", ()), *ENCODED, own]}
        await self._send(message)


def _route(scope: Scope) -> str:
    """The template of the path, so that labels stay few."""
    return str(getattr(scope.get("route"), "path", "other"))
