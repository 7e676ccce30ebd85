"""Egress proxy: requests go through it, and addresses are still checked here."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Self

import pytest
from aiohttp import ClientSession
from aiohttp.abc import AbstractResolver, ResolveResult

from service.errors import AddressNotAllowedError, SettingsError, UnreachableError
from service.ingest.fetching.fetch import FetchRequest, FetchResult, fetch_all
from service.ingest.fetching.post import post, webhook_session
from service.ingest.fetching.proxy import GuardedConnector, connect
from service.settings.convert import parse_networks
from service.settings.load import Settings, load
from tests.support.servers.feed_server import RSS, FeedServer, reply
from tests.support.servers.webhook_receiver import WebhookReceiver


@dataclass
class ConnectProxy:
    """Proxy on loopback that supports CONNECT, and only to IPv4 addresses."""

    refuses: bool = False
    heads: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    @property
    def url(self) -> str:
        return f"http://ann:p%40ss@127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            self.heads.append(head.decode())
            if self.refuses:
                client.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
                return
            host, _, port = head.split()[1].decode().rpartition(":")
            if ":" in host:
                client.sendall(b"HTTP/1.1 503 Network is unreachable\r\n\r\n")
                return
            with socket.create_connection((host, int(port))) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                _pump(client, server)
                back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy() -> Iterator[ConnectProxy]:
    with ConnectProxy() as running:
        yield running


def settings_with(proxy: ConnectProxy, networks: str = "127.0.0.0/8") -> Settings:
    return load(
        {
            "SAMESTORY_FETCH__PROXY": proxy.url,
            "SAMESTORY_FETCH__ALLOW_NETWORKS": networks,
            "SAMESTORY_WEBHOOKS__ALLOW_NETWORKS": networks,
            "SAMESTORY_FETCH__CONNECT_TIMEOUT_SECONDS": "5",
        }
    )


def fetch(settings: Settings, url: str) -> FetchResult:
    [result] = asyncio.run(fetch_all([FetchRequest(0, url)], settings.fetch))
    return result


def test_feed_is_fetched_through_the_proxy(proxy: ConnectProxy):
    with FeedServer() as server:
        server.routes["/news"] = reply()
        result = fetch(settings_with(proxy), server.url("/news").replace("127.0.0.1", "localhost"))
        port = server.url("").rsplit(":", 1)[1]
    assert result.body == RSS
    # The name is resolved here; the proxy gets the address that was checked.
    assert proxy.heads[0].startswith(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic YW5uOnBAc3M=\r\n" in proxy.heads[0]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0x7f.1", "169.254.169.254", "10.0.0.1", "[::1]"]
)
def test_private_addresses_do_not_reach_the_proxy(proxy: ConnectProxy, host: str):
    result = fetch(settings_with(proxy, ""), f"http://{host}:9/news")
    assert isinstance(result.error, AddressNotAllowedError)
    assert proxy.heads == []


def test_refusal_of_the_proxy_is_an_error_of_the_feed(proxy: ConnectProxy):
    proxy.refuses = True
    result = fetch(settings_with(proxy), "http://127.0.0.1:9/news")
    assert isinstance(result.error, UnreachableError)
    assert "the proxy refused the connection: HTTP/1.1 403 Forbidden" in result.error.detail


def test_webhooks_use_the_proxy(proxy: ConnectProxy):
    async def send(settings: Settings, url: str) -> str | None:
        async with webhook_session(settings.webhooks, settings.fetch) as http:
            return (await post(http, url, b"{}", {})).error

    with WebhookReceiver() as receiver:
        assert asyncio.run(send(settings_with(proxy), receiver.url)) is None
        refused = asyncio.run(send(settings_with(proxy, ""), receiver.url))
    assert "is not a public address" in str(refused)
    assert len(proxy.heads) == 1


@dataclass
class Resolver(AbstractResolver):
    """Has the same addresses for every name."""

    addresses: tuple[str, ...]

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - part of the interface
    ) -> list[ResolveResult]:
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in self.addresses
        ]

    async def close(self) -> None:
        pass


def test_ipv4_address_is_tried_if_the_proxy_does_not_reach_ipv6(proxy: ConnectProxy):
    async def load_body(url: str) -> bytes:
        allowed = parse_networks(["127.0.0.0/8", "::1/128"])
        connector = GuardedConnector(allowed, proxy.url, resolver=Resolver(("::1", "127.0.0.1")))
        async with ClientSession(connector=connector) as session, session.get(url) as response:
            return await response.read()

    with FeedServer() as server:
        server.routes["/news"] = reply()
        url = server.url("/news").replace("127.0.0.1", "outlet.example")
        assert asyncio.run(load_body(url)) == RSS
    tried = [head.split()[1].rpartition(":")[0] for head in proxy.heads]
    assert tried == ["[::1]", "127.0.0.1"]


def test_second_address_of_the_proxy_is_tried_if_the_first_fails():
    async def connect_to(ports: list[int]) -> int:
        infos = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port)) for port in ports]
        with await connect(asyncio.get_running_loop(), infos) as opened:
            return int(opened.getpeername()[1])

    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # does not listen
        port = server.getsockname()[1]
        assert asyncio.run(connect_to([closed.getsockname()[1], port])) == port


@pytest.mark.parametrize("url", ["socks5://h:1", "h:3128", "http://", "http://h:port"])
def test_invalid_proxy_is_rejected(url: str):
    settings = load({})
    broken = replace(settings, fetch=replace(settings.fetch, proxy=url))
    with pytest.raises(SettingsError, match=r"fetch\.proxy"):
        fetch(broken, "http://127.0.0.1:9/")
