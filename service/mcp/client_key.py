"""Whose key the service is asked with, where one process asks for many callers."""

from contextvars import ContextVar

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.client import Client

#: The key of the caller whose request is being answered; None where none was presented.
_KEY: ContextVar[str | None] = ContextVar("key", default=None)


class CallersKeys:
    """Remembers, for the time of a request, the key that it presents."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
            _KEY.set(key.strip() if scheme.lower() == "bearer" else None)
        await self.app(scope, receive, send)


def client_of_caller(client: Client, *, lent: bool) -> Client:
    """The client that asks with the caller's key.

    `lent`: who presents none is lent the client's own; else the service is asked without one.
    """
    key = _KEY.get()
    return client if key is None and lent else client.holding(key or "")
