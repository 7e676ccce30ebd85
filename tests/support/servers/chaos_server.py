"""Loopback server whose paths each have one fault that feed servers have in public.

`FAULTS` lists them with the expected result. Responses are raw bytes over asyncio sockets, so that
nothing corrects them.
"""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.support.servers.feed_server import RSS

#: Seconds after which a hanging response ends by itself.
_HANG_SECONDS = 30


@dataclass(frozen=True, slots=True)
class ChaosRequest:
    """A request as received; `target` is the exact text between method and version."""

    target: str
    headers: dict[str, str]
    prefix: str  #: part of the target before the path of the fault


Respond = Callable[[ChaosRequest, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a server, and the expected result of a fetch."""

    respond: Respond
    error: str | None = None  #: kind of the error; None if the feed is readable
    text: str = ""  #: part of the error message
    body: bytes = field(default=RSS, repr=False)  #: of a readable feed


class ChaosServer:
    """Serves `/PREFIX/NAME` with the fault of that name; a prefix separates feeds of one fault.

    Connections stay open after a response unless the fault closes them. Records all requests.
    """

    def __init__(self, faults: dict[str, Fault]) -> None:
        self.requests: list[ChaosRequest] = []
        self._faults = faults
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._port = 0
        self._stopping = False

    def url(self, name: str, prefix: str = "") -> str:
        return f"http://127.0.0.1:{self._port}{prefix and '/'}{prefix}/{name}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self._port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))  # transports close in the next step
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                while not writer.is_closing():
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                    await self._respond(head, writer)
        finally:
            if self._stopping:
                writer.transport.abort()
            else:
                writer.close()

    async def _respond(self, head: str, writer: asyncio.StreamWriter) -> None:
        first, *lines = head.rstrip().split("\r\n")
        target = first.split(" ")[1]
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        path = target.partition("?")[0]
        name = path.rpartition("/")[2]
        request = ChaosRequest(target, headers, path.removesuffix(f"/{name}"))
        self.requests.append(request)
        if fault := self._faults.get(name):
            await fault.respond(request, writer)
        else:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        if not writer.is_closing():
            await writer.drain()


def send(*parts: bytes, close: bool = False, pause: float = 0.0) -> Respond:
    """Send the parts one after the other; `close` ends the connection."""

    async def respond(_: ChaosRequest, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        if close:
            writer.close()

    return respond


def hang(before: bytes = b"") -> Respond:
    """Send `before`, then nothing."""

    async def respond(_: ChaosRequest, writer: asyncio.StreamWriter) -> None:
        writer.write(before)
        await writer.drain()
        await asyncio.sleep(_HANG_SECONDS)

    return respond


def head(*lines: bytes, status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    """A response head of exactly these lines."""
    return b"\r\n".join([status, *lines, b"", b""])


def sized(*lines: bytes, body: bytes = RSS, status: bytes = b"HTTP/1.1 200 OK") -> Respond:
    """A response with a correct Content-Length after these header lines."""
    return send(head(*lines, b"Content-Length: %d" % len(body), status=status) + body)


def coded(coding: bytes, body: bytes) -> Respond:
    """A response with this Content-Encoding, empty for none."""
    return sized(*([b"Content-Encoding: " + coding] if coding else []), body=body)


def chunked(body: bytes) -> bytes:
    """The body in two chunks."""
    half = len(body) // 2
    pieces = (body[:half], body[half:])
    return b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in pieces if each) + b"0\r\n\r\n"


def redirect(name: str, *lines: bytes, status: bytes = b"302 Found") -> Respond:
    """A redirect to another fault with the same prefix, or to an absolute URL."""

    async def respond(request: ChaosRequest, writer: asyncio.StreamWriter) -> None:
        location = name if "//" in name else f"{request.prefix}/{name}"
        await sized(
            b"Location: " + location.encode(), *lines, body=b"", status=b"HTTP/1.1 " + status
        )(request, writer)

    return respond


def with_cookie(cookie: str, then: Respond, otherwise: Respond) -> Respond:
    """Respond by whether the request has the cookie."""

    async def respond(request: ChaosRequest, writer: asyncio.StreamWriter) -> None:
        has_cookie = cookie in request.headers.get("cookie", "").split("; ")
        await (then if has_cookie else otherwise)(request, writer)

    return respond


def if_conditional(then: Respond, otherwise: Respond) -> Respond:
    """Respond by whether the request has a validator."""

    async def respond(request: ChaosRequest, writer: asyncio.StreamWriter) -> None:
        is_conditional = {"if-none-match", "if-modified-since"} & request.headers.keys()
        await (then if is_conditional else otherwise)(request, writer)

    return respond
