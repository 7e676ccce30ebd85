"""Egress proxy: connections through CONNECT, to addresses that were resolved and checked here.

A proxy that resolves names itself would bypass the check of addresses. Therefore the proxy gets an
address, for http and for https.
"""

import asyncio
import base64
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp

from service.errors import SettingsError
from service.ingest.fetching.ssrf_guard import AddressRefusedError, is_allowed, socket_factory
from service.settings.convert import Network

_MAX_HEAD_BYTES = 16_384
#: Limit of an attempt, if there is another address. It is below `fetch.connect_timeout_seconds`, so
#: that a proxy without IPv6 has time for IPv4.
_ATTEMPT_SECONDS = 3


class GuardedConnector(aiohttp.TCPConnector):
    """Connector to public addresses and allowed networks, directly or through a proxy."""

    def __init__(self, allowed: tuple[Network, ...], proxy: str, **options: Any) -> None:
        super().__init__(limit=0, socket_factory=socket_factory(allowed), **options)
        self._allowed = allowed
        self._proxy = Proxy.parse(proxy) if proxy else None

    async def _wrap_create_connection(self, *args: Any, **options: Any) -> Any:
        # aiohttp has no public option for this; see docs/decisions/0005.
        if self._proxy is None:
            return await super()._wrap_create_connection(*args, **options)
        infos, request = options.pop("addr_infos"), options.pop("req")
        seconds = options.pop("timeout").sock_connect
        to_error = options.pop("client_error", aiohttp.ClientConnectorError)
        try:
            async with asyncio.timeout(seconds):
                tunnel = await self._proxy.open_tunnel(self._loop, self._select(infos))
                try:
                    return await self._loop.create_connection(*args, **options, sock=tunnel)
                except BaseException:
                    tunnel.close()
                    raise
        except ssl.SSLCertVerificationError as error:
            raise aiohttp.ClientConnectorCertificateError(request.connection_key, error) from error
        except ssl.SSLError as error:
            raise aiohttp.ClientConnectorSSLError(request.connection_key, error) from error
        except TimeoutError:
            raise
        except OSError as error:
            raise to_error(request.connection_key, error) from error

    def _select(self, infos: list[Any]) -> list[tuple[str, int]]:
        """Return the first allowed IPv4 and IPv6 address, in the given order.

        If the connection fails, aiohttp calls again with the later addresses of both families.

        Raises:
            AddressRefusedError: no address is allowed.
        """
        by_family: dict[int, tuple[str, int]] = {}
        for family, *_, address in infos:
            if is_allowed(str(address[0]), self._allowed):
                by_family.setdefault(family, (str(address[0]), int(address[1])))
        if not by_family:
            raise AddressRefusedError(str(infos[0][4][0]))
        return list(by_family.values())


class Proxy:
    """An HTTP proxy that supports CONNECT."""

    def __init__(self, host: str, port: int, credentials: str) -> None:
        self.host, self.port = host, port
        self._credentials = credentials

    @classmethod
    def parse(cls, url: str) -> "Proxy":
        """Parse the setting `fetch.proxy`; raises SettingsError if it is not an http URL."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or 3128
        except ValueError:
            host = None
        if not host or parts.scheme != "http":
            raise SettingsError(
                "Invalid fetch.proxy: expected a URL such as http://proxy.example.org:3128"
            )
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(host, port, f"{user}:{password}" if user else "")

    async def open_tunnel(
        self, loop: asyncio.AbstractEventLoop, targets: Sequence[tuple[str, int]]
    ) -> socket.socket:
        """Return a socket that the proxy has connected to the first address that it can reach.

        Raises:
            OSError: the proxy cannot be reached, or it can reach none of the addresses.
        """
        infos = await loop.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        return await _first_success([partial(self._open, loop, infos, each) for each in targets])

    async def _open(
        self, loop: asyncio.AbstractEventLoop, infos: Sequence[Any], target: tuple[str, int]
    ) -> socket.socket:
        tunnel = await connect(loop, infos)
        try:
            await loop.sock_sendall(tunnel, self._request(target))
            await _require_success(loop, tunnel)
        except BaseException:
            tunnel.close()
            raise
        return tunnel

    def _request(self, target: tuple[str, int]) -> bytes:
        host = f"[{target[0]}]" if ":" in target[0] else target[0]
        lines = [f"CONNECT {host}:{target[1]} HTTP/1.1", f"Host: {host}:{target[1]}"]
        if self._credentials:
            encoded = base64.b64encode(self._credentials.encode()).decode()
            lines.append(f"Proxy-Authorization: Basic {encoded}")
        return "\r\n".join([*lines, "", ""]).encode()


async def connect(loop: asyncio.AbstractEventLoop, infos: Sequence[Any]) -> socket.socket:
    """Return a socket to the first address of `getaddrinfo` that can be reached; raises OSError."""
    return await _first_success([partial(_connect, loop, each) for each in infos])


async def _connect(loop: asyncio.AbstractEventLoop, info: Any) -> socket.socket:
    family, kind, protocol, _, address = info
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setblocking(False)
        await loop.sock_connect(opened, address)
    except BaseException:
        opened.close()
        raise
    return opened


async def _first_success(
    attempts: Sequence[Callable[[], Awaitable[socket.socket]]],
) -> socket.socket:
    *others, last = attempts
    for attempt in others:
        with suppress(OSError):  # also a timeout
            async with asyncio.timeout(_ATTEMPT_SECONDS):
                return await attempt()
    return await last()


async def _require_success(loop: asyncio.AbstractEventLoop, tunnel: socket.socket) -> None:
    head = b""
    # Byte by byte: what follows belongs to the other server.
    while not head.endswith(b"\r\n\r\n"):
        received = await loop.sock_recv(tunnel, 1)
        if not received or len(head) > _MAX_HEAD_BYTES:
            raise OSError("the proxy sent no valid response")
        head += received
    status = head.split(b"\r\n", 1)[0].decode("latin-1")
    if not status.startswith(("HTTP/1.1 2", "HTTP/1.0 2")):
        raise OSError(f"the proxy refused the connection: {status[:100]}")
