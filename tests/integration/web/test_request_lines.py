"""Request lines with unencoded characters, and bytes that are not HTTP."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from service.commands.running.servers.http_server import serve_in_thread
from service.settings import load as settings_module


async def respond(scope: Scope, receive: Receive, send: Send) -> None:
    """Respond with path and query."""
    if scope["type"] == "http":
        request = Request(scope, receive)
        content = {"path": scope["path"], "q": request.query_params.get("q")}
        await JSONResponse(content)(scope, receive, send)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serve_in_thread(respond, "127.0.0.1", 0, web=settings_module.load({}).web) as used:
        yield used


def exchange(port: int, *parts: bytes) -> tuple[bytes, bytes]:
    """Send the parts of a request one after another; return head and body of the response."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            connection.sendall(part)
        received = b""
        with suppress(ConnectionError):
            while chunk := connection.recv(4096):
                received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


END = b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def test_unencoded_characters_of_a_url_are_accepted(port: int) -> None:
    for target in ("/stories/é?q=تركيا", "/stories/%C3%A9?q=تركيا"):
        head, body = exchange(port, f"GET {target}".encode() + END)
        assert head.startswith(b"HTTP/1.1 200")
        assert json.loads(body) == {"path": "/stories/é", "q": "تركيا"}
    line = "GET /?q=تركيا".encode()
    _, body = exchange(port, line[:9], line[9:12], line[12:] + END)
    assert json.loads(body)["q"] == "تركيا"


@pytest.mark.parametrize("line", [b"GET /?q=a b", b"nonsense", b"GET /\x00"])
def test_invalid_request_gets_problem_details(port: int, line: bytes) -> None:
    head, body = exchange(port, line + END)
    assert head.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in head
    problem = json.loads(body)
    assert problem["status"] == 400
    assert "percent-encode spaces" in problem["detail"]
