"""Limits of client connections: deadlines for the head and the body of a request, and counts."""

import asyncio
import ipaddress
from collections.abc import Sequence
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from service.settings.convert import parse_networks
from service.settings.web import WebSettings


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


class _LimitedProtocol(H11Protocol):
    """One connection. A client that is too slow loses it, without a response."""

    settings: WebSettings

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._awaited = ""  #: part of a request that the client is sending: "head" or "body"
        self._deadline: asyncio.TimerHandle | None = None

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

    def connection_lost(self, exc: Exception | None) -> None:
        self._set_deadline("")
        super().connection_lost(exc)

    def _is_above_limit(self) -> bool:
        if len(self.connections) > self.settings.max_connections:
            return True
        address = self.client[0] if self.client else ""
        if not address or self.is_proxy(address):
            return False
        same = _count_connections(list(self.connections), address)
        return same > self.settings.max_connections_per_address

    def _update_deadline(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            awaited = "head"
        else:
            awaited = "body" if cycle.more_body else ""
        # Further bytes of the same part do not extend the time.
        if awaited != self._awaited:
            self._set_deadline(awaited)

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


def _count_connections(connections: Sequence[Any], address: str) -> int:
    clients = (each.client for each in connections)
    return sum(client is not None and client[0] == address for client in clients)
