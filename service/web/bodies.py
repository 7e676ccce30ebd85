"""How large the body of a request may be."""

from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.web.problems import Problem

#: Bytes of a body that are read: 1 MiB.
LARGEST = 1 << 20
DETAIL = "the body is larger than 1 MiB; send less text"
#: What a route that takes a body may answer.
BODY_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The body cannot be read."},
    413: {"model": Problem, "description": "The body is too large."},
}


class BodyLimit:
    """Refuses larger bodies, as soon as that is known, whatever length they claim to have."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] not in {"GET", "HEAD"}:
            receive = _Counted(Headers(scope=scope).get("content-length", ""), receive)
        await self.app(scope, receive, send)


class _Counted:
    """Hands a body on until it is too large; who reads it then answers with 413."""

    def __init__(self, claimed: str, receive: Receive) -> None:
        self._receive = receive
        self._claimed = int(claimed) if claimed.isascii() and claimed.isdigit() else 0
        self._read = 0

    async def __call__(self) -> Message:
        if self._claimed > LARGEST:
            raise HTTPException(413, DETAIL)
        message = await self._receive()
        self._read += len(message.get("body", b""))
        if self._read > LARGEST:
            raise HTTPException(413, DETAIL)
        return message
