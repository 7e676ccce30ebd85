"""Gzip compression of responses, negotiated by Accept-Encoding (RFC 9110, 12.5.3).

Starlette's own middleware ignores quality values and compresses for `gzip;q=0`.
"""

import re
from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipResponder, IdentityResponder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.web.middleware.etags import NOT_MODIFIED

HEADER = b"accept-encoding"
#: A content coding with its quality value.
_CODING = re.compile(
    r"(?P<name>[!#$%&'*+.^_`|~0-9a-z-]+)"
    r"(?:[ \t]*;[ \t]*q=(?P<quality>0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?",
    re.ASCII,
)
_ALIASES = {"x-gzip": "gzip"}


class GzipMiddleware:
    """Compresses responses of at least `min_bytes` if the client accepts gzip."""

    def __init__(self, app: ASGIApp, min_bytes: int, level: int) -> None:
        self.app = app
        self._min_bytes = min_bytes
        self._level = level

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one request."""
        responder: ASGIApp = self.app
        if scope["type"] == "http" and accepts_gzip(accept_encoding(scope)):
            responder = GZipResponder(self.app, self._min_bytes, self._level)
        elif scope["type"] == "http":
            responder = IdentityResponder(self.app, self._min_bytes)
        await responder(scope, receive, _vary_not_modified(send))


def _vary_not_modified(send: Send) -> Send:
    """Add `Vary: Accept-Encoding` to 304 responses, as RFC 9110, 15.4.5 requires.

    The size of the omitted body is unknown here, so the header is also added where the full
    response would be too small for compression. That is harmless.
    """

    async def send_with_vary(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == NOT_MODIFIED:
            headers = MutableHeaders(raw=list(message.get("headers", ())))
            if "accept-encoding" not in headers.get("vary", "").lower():
                headers.add_vary_header("Accept-Encoding")
            message = {**message, "headers": headers.raw}
        await send(message)

    return send_with_vary


def accept_encoding(scope: Scope) -> Iterable[bytes]:
    """Values of the header Accept-Encoding."""
    return (value for name, value in scope["headers"] if name == HEADER)


def accepts_gzip(values: Iterable[bytes]) -> bool:
    """Whether the client accepts gzip with at least the quality of an uncompressed response.

    False without the header: RFC 9110 would allow any coding, but such clients rarely decode it.
    Unparsable parts are ignored, because an uncompressed response is always acceptable.
    """
    qualities: dict[str, float] = {}
    for part in b",".join(values).decode("latin-1").lower().split(","):
        if coding := _CODING.fullmatch(part.strip(" \t")):
            name = _ALIASES.get(coding["name"], coding["name"])
            quality = float(coding["quality"] or 1)
            qualities[name] = min(quality, qualities.get(name, 1.0))
    default = qualities.get("*", 0.0)
    gzip = qualities.get("gzip", default)
    return gzip > 0 and gzip >= qualities.get("identity", default)
