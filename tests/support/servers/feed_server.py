"""HTTP server on loopback with configurable behaviour per path, down to single bytes."""

import gzip
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

RSS = (
    b'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Loopback</title>'
    b"<link>http://outlet.example/</link><item><title>Bridge reopened</title>"
    b"<link>http://outlet.example/bridge</link><description>After two years.</description>"
    b"<pubDate>Mon, 20 Apr 2020 10:00:00 GMT</pubDate></item></channel></rss>"
)

_TLS_HELLO = b"\x16"


@dataclass(frozen=True)
class Request:
    """A received request."""

    path: str
    headers: dict[str, str]
    at: float


Behaviour = Callable[[Request, socket.socket, threading.Event], None]


class FeedServer:
    """Serves each path with the behaviour that a test sets; records all requests."""

    def __init__(self) -> None:
        self.routes: dict[str, Behaviour] = {}
        self.requests: list[Request] = []
        self._stopping = threading.Event()
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def requests_to(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[socketserver.BaseRequestHandler]:
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                request = _read_request(self.request)
                if request is not None:
                    outer._serve(request, self.request)

        return Handler

    def _serve(self, request: Request, connection: socket.socket) -> None:
        self.requests.append(request)
        try:
            behave = self.routes.get(request.path, reply(b"", status="404 Not Found"))
            behave(request, connection, self._stopping)
        except OSError:
            pass  # the client closed the connection


def _read_request(connection: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece or piece.startswith(_TLS_HELLO):
            return None
        data += piece
    first, *lines = data.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    return Request(first.split(" ")[1], headers, time.monotonic())


def head(status: str = "200 OK", **headers: Any) -> bytes:
    """Status line and headers; `content_length=5` becomes `Content-Length: 5`."""
    names = {name.replace("_", "-").title(): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in names.items())]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")


def reply(body: bytes = RSS, status: str = "200 OK", **headers: Any) -> Behaviour:
    """A complete response."""

    def behave(_: Request, connection: socket.socket, __: threading.Event) -> None:
        length = {} if status.startswith(("204", "304")) else {"content_length": len(body)}
        connection.sendall(head(status, **(length | headers)) + body)

    return behave


def raw(data: bytes) -> Behaviour:
    """Send these bytes and close."""
    return lambda _, connection, __: connection.sendall(data)


def redirect(location: str, status: str = "302 Found", **headers: Any) -> Behaviour:
    return reply(b"", status, location=location, **headers)


def unless_known(**validators: str) -> Behaviour:
    """304 if the request has one of the validators, otherwise 200 with them."""

    def behave(request: Request, connection: socket.socket, stop: threading.Event) -> None:
        sent = {request.headers.get("if-none-match"), request.headers.get("if-modified-since")}
        is_current = bool(sent & set(validators.values()))
        respond = reply(b"", "304 Not Modified") if is_current else reply(RSS, **validators)
        respond(request, connection, stop)

    return behave


def hang(before: bytes = b"") -> Behaviour:
    """Send `before`, then nothing."""

    def behave(_: Request, connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(before)
        stop.wait(30)

    return behave


def drip(body: bytes, pause: float) -> Behaviour:
    """Send one byte at a time."""

    def behave(_: Request, connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(head(content_length=len(body)))
        for position in range(len(body)):
            if stop.wait(pause):
                return
            connection.sendall(body[position : position + 1])

    return behave


def stream(pieces: Callable[[], Iterator[bytes]], **headers: Any) -> Behaviour:
    """Send a body of unknown length, generated while it is sent."""

    def behave(_: Request, connection: socket.socket, __: threading.Event) -> None:
        connection.sendall(head(**headers))
        for piece in pieces():
            connection.sendall(piece)

    return behave


def reset(before: bytes = b"") -> Behaviour:
    """Send `before`, then reset the connection."""

    def behave(_: Request, connection: socket.socket, __: threading.Event) -> None:
        connection.sendall(before)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return behave


def slow(seconds: float, then: Behaviour) -> Behaviour:
    """Wait, then continue with another behaviour."""

    def behave(request: Request, connection: socket.socket, stop: threading.Event) -> None:
        stop.wait(seconds)
        then(request, connection, stop)

    return behave


class PendingRequests:
    """Counts the requests that wait for the first byte of their response.

    The count falls before that byte is sent, so a client that sends its next request after
    a response is never counted twice.
    """

    def __init__(self) -> None:
        self.maximum = 0
        self._now = 0
        self._lock = threading.Lock()

    def delay(self, seconds: float, then: Behaviour) -> Behaviour:
        """Wait as a pending request, then continue with another behaviour."""

        def behave(request: Request, connection: socket.socket, stop: threading.Event) -> None:
            with self._lock:
                self._now += 1
                self.maximum = max(self._now, self.maximum)
            stop.wait(seconds)
            with self._lock:
                self._now -= 1
            then(request, connection, stop)

        return behave


def gzip_bomb(mebibytes: int) -> bytes:
    """A small gzip body that decompresses to so many MiB."""
    return gzip.compress(b" " * (mebibytes << 20), 9)
