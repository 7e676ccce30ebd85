"""ASGI middleware and context variable: use the API key of each MCP request for its API calls."""

from contextvars import ContextVar

from samestory_client import Client
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

#: API key of the current HTTP request; None if it has no Authorization header.
_KEY: ContextVar[str | None] = ContextVar("key", default=None)


class ClientKeyMiddleware:
    """Stores the bearer token of an HTTP request for the duration of the request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
            _KEY.set(key.strip() if scheme.lower() == "bearer" else None)
        await self.app(scope, receive, send)


def client_for_request(client: Client, *, share_key: bool) -> Client:
    """The client with the key of the current request.

    If the request has no key, the key of `client` is sent with `share_key`, and no key without it.
    """
    key = _KEY.get()
    return client if key is None and share_key else client.with_key(key or "")
