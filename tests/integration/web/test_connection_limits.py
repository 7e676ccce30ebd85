"""Connections: deadlines for slow clients, and limits of their number."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from service.commands.running.http_server import serve_in_thread
from service.settings import load as settings_module

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
SLOW_HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-"
SLOW_BODY = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\nabc"


async def respond(scope: Scope, receive: Receive, send: Send) -> None:
    """Respond with the length of the body after reading it."""
    if scope["type"] == "http":
        body = await Request(scope, receive).body()
        await PlainTextResponse(str(len(body)))(scope, receive, send)


@contextmanager
def serving(**values: object) -> Iterator[int]:
    defaults = {"head_timeout_seconds": 0.4, "body_timeout_seconds": 0.4}
    web = replace(settings_module.load({}).web, **{**defaults, **values})  # type: ignore[arg-type]
    with serve_in_thread(respond, "127.0.0.1", 0, web=web) as port:
        yield port


def connect(port: int, data: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(data)
    return connection


def is_answered(port: int) -> bool:
    """Whether a request on a new connection gets a response."""
    with connect(port, REQUEST) as connection:
        try:
            return connection.recv(100).startswith(b"HTTP/1.1 200")
        except ConnectionError:
            return False


def is_closed(connection: socket.socket) -> bool:
    """Wait until the server closes a connection; the rest of a response may come before."""
    try:
        while connection.recv(100):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


@pytest.mark.parametrize("sent", [b"", SLOW_HEAD, SLOW_BODY])
def test_client_that_sends_nothing_more_is_disconnected(sent: bytes) -> None:
    with serving() as port, connect(port, sent) as connection:
        started = time.monotonic()
        assert is_closed(connection)
        assert 0.2 < time.monotonic() - started < 5


@pytest.mark.parametrize("begun", [SLOW_HEAD, SLOW_BODY])
def test_single_bytes_do_not_extend_the_deadline(begun: bytes) -> None:
    with serving() as port, connect(port, begun) as connection:
        started = time.monotonic()
        with suppress(ConnectionError):
            while time.monotonic() - started < 5:
                time.sleep(0.05)
                connection.sendall(b"a")
        assert time.monotonic() - started < 4


def test_second_request_of_a_connection_has_a_deadline() -> None:
    with serving() as port, connect(port, REQUEST) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        connection.sendall(SLOW_HEAD)
        assert is_closed(connection)


def test_half_sent_requests_of_one_address_leave_room_for_others() -> None:
    with ExitStack() as stack:
        port = stack.enter_context(
            serving(head_timeout_seconds=1.0, max_connections_per_address=20, max_connections=50)
        )
        for _ in range(60):
            stack.enter_context(connect(port, SLOW_HEAD))
        assert not is_answered(port)  # from the same address
        time.sleep(1.5)
        assert is_answered(port)


def test_trusted_proxies_are_limited_by_the_total_only() -> None:
    with ExitStack() as stack:
        port = stack.enter_context(
            serving(
                trusted_proxies=("127.0.0.1",), max_connections=10, max_connections_per_address=2
            )
        )
        for _ in range(6):
            stack.enter_context(connect(port, SLOW_HEAD))
        assert is_answered(port)
        for _ in range(6):
            stack.enter_context(connect(port, SLOW_HEAD))
        assert not is_answered(port)
