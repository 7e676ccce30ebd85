"""ASGI middleware: GET is rejected with 405, as the protocol allows for servers without streams.

The server has no sessions and sends no messages of its own, so a stream of GET would stay open and
empty for as long as the client keeps it.
"""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

USE_POST = "Use POST: this server has no stream of its own messages"


class PostOnlyMiddleware:
    """Rejects GET and HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            response = PlainTextResponse(USE_POST, 405, {"Allow": "POST"})
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)
