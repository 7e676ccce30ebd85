"""Answers are packed with gzip for those who take it: `Accept-Encoding`, RFC 9110, 12.5.3.

Starlette's layer looks for the word alone, and would pack for whoever says `gzip;q=0`.
"""

import re
from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipResponder, IdentityResponder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = b"accept-encoding"
NOT_MODIFIED = 304
#: One coding and what it is worth to the client.
_CODING = re.compile(
    r"(?P<name>[!#$%&'*+.^_`|~0-9a-z-]+)"
    r"(?:[ \t]*;[ \t]*q=(?P<worth>0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?",
    re.ASCII,
)
#: An older name of gzip.
_ALIASES = {"x-gzip": "gzip"}


class Packing:
    """Packs answers of some size, unless the client does not take them so."""

    def __init__(self, app: ASGIApp, minimum_size: int, compresslevel: int) -> None:
        self.app = app
        self._minimum = minimum_size
        self._level = compresslevel

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        responder: ASGIApp = self.app
        if scope["type"] == "http" and takes_gzip(said(scope)):
            responder = GZipResponder(self.app, self._minimum, self._level)
        elif scope["type"] == "http":
            responder = IdentityResponder(self.app, self._minimum)
        await responder(scope, receive, _varying(send))


def _varying(send: Send) -> Send:
    """Passes an answer on; 304 says what the answer that it spares depends on (RFC 9110, 15.4.5).

    Nobody knows how large that one is, and whether it would say so: this can only be said too often.
    """

    async def vary(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == NOT_MODIFIED:
            headers = MutableHeaders(raw=list(message.get("headers", ())))
            if "accept-encoding" not in headers.get("vary", "").lower():
                headers.add_vary_header("Accept-Encoding")
            message = {**message, "headers": headers.raw}
        await send(message)

    return vary


def said(scope: Scope) -> Iterable[bytes]:
    """The header's lines."""
    return (value for name, value in scope["headers"] if name == HEADER)


def takes_gzip(lines: Iterable[bytes]) -> bool:
    """Whether a packed answer is taken, and no less gladly than a plain one.

    Without the header it would be taken as well, but who does not ask for it may not expect it.
    What cannot be read is passed over; a plain answer is never wrong.
    """
    worth = _worth(b",".join(lines).decode("latin-1").lower())
    others = worth.get("*")
    packed = worth.get("gzip", others or 0.0)
    # Not named, a plain answer is taken, too, if nothing better is to be had.
    return packed > 0 and packed >= worth.get("identity", others or 0.0)


def _worth(header: str) -> dict[str, float]:
    """What each coding is worth, from 0 for "not that one" to 1; named twice, the lesser."""
    found: dict[str, float] = {}
    for part in header.split(","):
        if coding := _CODING.fullmatch(part.strip(" \t")):
            name = _ALIASES.get(coding["name"], coding["name"])
            found[name] = min(float(coding["worth"] or 1), found.get(name, 1.0))
    return found
