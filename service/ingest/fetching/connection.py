"""Connections to feed servers: guarded addresses, repaired response heads."""

import asyncio
import functools
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError

from service.ingest.fetching.proxy import GuardedConnector
from service.ingest.fetching.responses.head import (
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    HeadError,
    HeadRepair,
    NotHttpError,
)
from service.settings.convert import Network, parse_networks
from service.settings.sections.ingest import FetchSettings

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml,"
    " application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)


def create_session(settings: FetchSettings) -> aiohttp.ClientSession:
    """Open an HTTP session for feeds; redirects, cookies and decompression are left to us."""
    return aiohttp.ClientSession(
        # HostThrottle limits the connections.
        connector=_TolerantConnector(parse_networks(settings.allow_networks), settings.proxy),
        timeout=aiohttp.ClientTimeout(total=None, connect=settings.connect_timeout_seconds),
        headers={
            "User-Agent": settings.user_agent,
            "Accept": ACCEPT,
            "Accept-Encoding": "gzip, deflate",
        },
        auto_decompress=False,  # aiohttp decompresses without a size limit
        cookie_jar=aiohttp.DummyCookieJar(),
        max_line_size=MAX_HEAD_BYTES,
        max_field_size=MAX_HEAD_BYTES,
        max_headers=MAX_HEADERS,
    )


class _TolerantConnector(GuardedConnector):
    """Connector whose responses have their heads repaired before aiohttp parses them."""

    def __init__(self, allowed: tuple[Network, ...], proxy: str) -> None:
        super().__init__(allowed, proxy)
        # aiohttp has no public option for the protocol; see docs/decisions/0005.
        self._factory = functools.partial(_create_protocol, loop=self._loop)


def _create_protocol(loop: asyncio.AbstractEventLoop) -> ResponseHandler:
    return _TolerantProtocol(loop)


class _TolerantProtocol(ResponseHandler):
    """Protocol of one connection, which serves one response after the other."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._repair = HeadRepair()
        self._responses = 0

    def set_response_params(self, **options: Any) -> None:
        self._repair = HeadRepair()
        self._responses += 1
        super().set_response_params(**options)

    def data_received(self, data: bytes) -> None:
        if self._parser is None or not data:
            super().data_received(data)
            return
        try:
            repaired = self._repair.feed(data)
        except HeadError as error:
            if self.transport is not None:
                self.transport.close()
            self.set_exception(self._to_http_error(error), error)
            return
        if repaired:
            super().data_received(repaired)
        if self._repair.surplus and self.transport is not None:
            self.transport.close()  # the rest of a body must not become the next response

    def _to_http_error(self, error: HeadError) -> Exception:
        # The rest of an earlier body may come first. aiohttp then repeats the request elsewhere.
        if isinstance(error, NotHttpError) and self._responses > 1:
            return aiohttp.ServerDisconnectedError(str(error))
        return HttpProcessingError(message=str(error))

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._parser is not None and (head := self._repair.flush()):
            super().data_received(head)
        super().connection_lost(exc)
