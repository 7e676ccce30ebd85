"""Limits of client connections: their number, and deadlines for requests and responses."""

import asyncio
import ipaddress
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from service.domain.access.client_networks import client_network
from service.settings.convert import parse_networks
from service.settings.sections.web import WebSettings
from service.web.request_lines import TolerantProtocol

#: A client must read this many bytes of a response, or all of it, in `web.send_timeout_seconds`.
MIN_READ = 48 << 10


def limited_protocol(web: WebSettings) -> type[H11Protocol]:
    """Return the protocol of a server whose connections have the limits of the section `[web]`.

    Trusted proxies may open any share of all connections, because many clients use them.
    """
    proxies = parse_networks(web.trusted_proxies, setting="web.trusted_proxies")

    class Protocol(_LimitedProtocol):
        settings = web

        def is_proxy(self, address: str) -> bool:
            parsed = ipaddress.ip_address(address)
            return any(parsed in network for network in proxies)

    return Protocol


class _LimitedProtocol(TolerantProtocol):
    """One connection. A client that is too slow loses it, without a response."""

    settings: WebSettings

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._awaited = ""  #: part of a request that the client is sending: "head" or "body"
        self._awaited_cycle: RequestResponseCycle | None = None  #: the request of this part
        self._deadline: asyncio.TimerHandle | None = None
        self._unread = 0  #: bytes that the client had not read at the last check; 0 if it read all
        self._reading_check: asyncio.TimerHandle | None = None

    def is_proxy(self, address: str) -> bool:
        raise NotImplementedError

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._is_above_limit():
            transport.abort()
            return
        self._update_deadline()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._update_deadline()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # The next request may already have arrived in part.
        self._update_deadline()
        self._watch_reading()

    def timeout_keep_alive_handler(self) -> None:
        # Closing waits until the client has read the response, so only `_check_reading` ends a
        # connection with unread data.
        super().timeout_keep_alive_handler()
        self._watch_reading()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unread = 0

    def connection_lost(self, exc: Exception | None) -> None:
        self._set_deadline("")
        if self._reading_check is not None:
            self._reading_check.cancel()
        super().connection_lost(exc)

    def _is_above_limit(self) -> bool:
        if len(self.connections) > self.settings.max_connections:
            return True
        address = self.client[0] if self.client else ""
        if not address or self.is_proxy(address):
            return False
        connections: list[Any] = list(self.connections)
        clients = [each.client for each in connections]
        same = count_connections([client[0] for client in clients if client], address)
        return same > self.settings.max_connections_per_address

    def _update_deadline(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle
        if self.transport.is_closing():
            awaited = ""
        elif cycle is None or cycle.response_complete:
            # A client that still reads a response need not send the next request.
            awaited = "" if self._waiting_bytes() else "head"
        else:
            awaited = "body" if cycle.more_body else ""
        # Further bytes of the same part do not extend the time.
        if (awaited, cycle) != (self._awaited, self._awaited_cycle):
            self._set_deadline(awaited)
            self._awaited_cycle = cycle

    def _set_deadline(self, awaited: str) -> None:
        self._awaited = awaited
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if awaited:
            seconds = {
                "head": self.settings.head_timeout_seconds,
                "body": self.settings.body_timeout_seconds,
            }[awaited]
            self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _waiting_bytes(self) -> int:
        """Number of bytes of responses that the client has not read."""
        return self.transport.get_write_buffer_size()

    def _watch_reading(self) -> None:
        """Check from time to time whether the client reads, until it has read everything."""
        if self._reading_check is None and (waiting := self._waiting_bytes()):
            self._unread = waiting
            seconds = self.settings.send_timeout_seconds
            self._reading_check = self.loop.call_later(seconds, self._check_reading)

    def _check_reading(self) -> None:
        self._reading_check = None
        waiting = self._waiting_bytes()
        if waiting and self._unread and waiting > self._unread - MIN_READ:
            self.transport.abort()
            return
        self._watch_reading()
        self._update_deadline()


def count_connections(addresses: Iterable[str], address: str) -> int:
    """Count the connections from an address, or from the network of an IPv6 client."""
    name = client_network(address)
    return sum(client_network(each) == name for each in addresses)
