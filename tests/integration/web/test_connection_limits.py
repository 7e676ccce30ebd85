"""Connections: deadlines for slow clients, and limits of their number."""

import asyncio
import socket
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from service.commands.running.servers.http_server import serve_in_thread
from service.commands.running.servers.metrics_server import serve_metrics
from service.settings import load as settings_module
from service.web.api.export.streaming import paced
from service.web.connection_limits import count_connections

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
SLOW_HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-"
#: More than the buffers of both sides.
LARGE = 12 << 20
SLOW_BODY = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\nabc"


async def respond(scope: Scope, receive: Receive, send: Send) -> None:
    """Respond with the length of the body after reading it, or with `LARGE` bytes.

    The path /stream sends the bytes in parts, and /late waits a moment.
    """
    if scope["type"] == "http":
        body = await Request(scope, receive).body()
        if scope["path"] == "/late":
            await asyncio.sleep(0.1)
        content = "a" * LARGE if scope["path"] == "/large" else str(len(body))
        response: Response = PlainTextResponse(content)
        if scope["path"] == "/stream":
            response = StreamingResponse(_parts())
        await response(scope, receive, send)


async def _parts() -> AsyncIterator[bytes]:
    for _ in range(LARGE >> 16):
        yield b"a" * (1 << 16)


@contextmanager
def serving(**values: object) -> Iterator[int]:
    names = ("head_timeout_seconds", "body_timeout_seconds", "send_timeout_seconds")
    defaults = dict.fromkeys(names, 0.4)
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


def test_body_that_arrives_in_part_before_the_former_response_has_a_deadline() -> None:
    both = REQUEST.replace(b"/ HTTP", b"/late HTTP") + SLOW_BODY
    with serving(head_timeout_seconds=60) as port, connect(port, both) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        started = time.monotonic()
        assert is_closed(connection)
        assert time.monotonic() - started < 5


def open_paths(port: int) -> int:
    """Number of connections that the kernel still has on the side of the server."""
    ports = f":{port:04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    return sum(each[1].endswith(ports) and each[3] == "01" for each in fields)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs the list of connections")
@pytest.mark.parametrize("path", [b"/large", b"/stream"])
def test_client_that_does_not_read_the_response_is_disconnected(path: bytes) -> None:
    request = REQUEST.replace(b"/ HTTP", path + b" HTTP")
    with serving(head_timeout_seconds=60) as port, connect(port, request):
        time.sleep(0.2)
        assert open_paths(port) == 1
        started = time.monotonic()
        while open_paths(port):
            assert time.monotonic() - started < 5
            time.sleep(0.05)


@pytest.mark.parametrize("path", [b"/large", b"/stream"])
def test_client_that_reads_slowly_gets_the_whole_response(path: bytes) -> None:
    request = b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with serving(send_timeout_seconds=0.3) as port, connect(port, request) as connection:
        started, size = time.monotonic(), 0
        while data := connection.recv(1 << 20):
            size += len(data)
            time.sleep(0.05)
        assert size > LARGE
        assert time.monotonic() - started > 0.6


@pytest.mark.parametrize(
    ("address", "count"),
    [("192.0.2.1", 2), ("2001:db8:1:2::9", 2), ("2001:db8:1:3::1", 1), ("192.0.2.9", 0)],
)
def test_connections_count_for_an_address_or_an_ipv6_network(address: str, count: int) -> None:
    connected = [
        *("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"),
        *("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", "2001:db8:1:3::1"),
    ]
    assert count_connections(connected, address) == count


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


def test_metrics_of_a_process_without_web_server_have_the_same_deadlines() -> None:
    settings = settings_module.load({})
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    metrics = replace(settings.metrics, port=number)
    with (
        serve_metrics(metrics, replace(settings.web, head_timeout_seconds=0.4)) as port,
        connect(port, SLOW_HEAD) as slow,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as other,
    ):
        assert b"samestory_build_info" in other.read()
        assert is_closed(slow)


async def _wait_for(seconds: float, message: object) -> None:
    """Take a message as a client that reads slowly does."""
    del message
    await asyncio.sleep(seconds)


@pytest.mark.parametrize(("seconds", "size", "in_time"), [(0.1, 100, False), (0.1, 10_000, True)])
def test_export_ends_if_its_client_reads_slower_than_the_least_rate(
    seconds: float, size: int, *, in_time: bool
) -> None:
    async def export() -> int:
        send = paced(partial(_wait_for, seconds), rate=50_000, grace=0.25)
        for number in range(10):
            try:
                await send({"type": "http.response.body", "body": b"a" * size})
            except TimeoutError:
                return number
        return 10

    sent = asyncio.run(export())
    assert sent == 10 if in_time else 1 <= sent <= 3
