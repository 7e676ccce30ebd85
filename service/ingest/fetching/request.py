"""A single HTTP request without redirects; network errors become FeedErrors."""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.cookies import SimpleCookie

import aiohttp
from yarl import URL

from service.errors import (
    AddressNotAllowedError,
    BadUrlError,
    BrokenResponseError,
    FeedError,
    FeedTimeoutError,
    UnreachableError,
)
from service.ingest.fetching.responses.bodies import BodyReader, Limits
from service.ingest.fetching.ssrf_guard import AddressRefusedError

REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Success with a body: 203 comes from proxies, 226 from servers that send changes only.
READABLE = frozenset(range(200, 300)) - {204, 205}
_FIRST_ERROR = 400
#: Bytes and seconds spent on an error page, which may name the bot protection that sent it.
_PAGE_LIMITS = Limits(1 << 16, 1 << 17)
_PAGE_SECONDS = 1


@dataclass(frozen=True, slots=True)
class FeedResponse:
    """The response to one request.

    The body is complete for a success. For an error status it is the part that was read.
    """

    status: int
    headers: Mapping[str, str]
    cookies: SimpleCookie
    body: bytes
    received: int

    def header(self, name: str) -> str | None:
        """Return the value of a header, or None if it is missing or empty."""
        return self.headers.get(name) or None


async def exchange(
    session: aiohttp.ClientSession,
    url: URL,
    *,
    headers: Mapping[str, str],
    limits: Limits,
    display_url: str,
) -> FeedResponse:
    """Send one GET request and read the response; errors contain `display_url`.

    Raises:
        FeedError: the connection failed, the address is not allowed, or the response is invalid or
            too large.
    """
    with network_errors(display_url):
        async with session.get(url, headers=headers, allow_redirects=False) as response:
            coding = ",".join(response.headers.getall("Content-Encoding", []))
            body, received = b"", 0
            if response.status in READABLE:
                reader = BodyReader(display_url, coding, limits)
                body = await _read_success(response, reader)
                received = reader.received
            elif response.status >= _FIRST_ERROR:
                reader = BodyReader(display_url, coding, _PAGE_LIMITS)
                body = await _read_page(response, reader)
            return FeedResponse(response.status, response.headers, response.cookies, body, received)


async def _read_success(response: aiohttp.ClientResponse, reader: BodyReader) -> bytes:
    reader.expect(response.content_length or 0)
    try:
        async for piece in response.content.iter_any():
            reader.add(piece)
    except aiohttp.ClientPayloadError:
        # Content-Length may count the bytes before compression; compressed data has its own end.
        if not reader.is_complete:
            raise
    return reader.finish()


async def _read_page(response: aiohttp.ClientResponse, reader: BodyReader) -> bytes:
    """Read the beginning of an error page; its faults do not matter."""
    with suppress(FeedError, aiohttp.ClientError, TimeoutError):
        async with asyncio.timeout(_PAGE_SECONDS):
            async for piece in response.content.iter_any():
                reader.add(piece)
    return reader.unpacked


@contextmanager
def network_errors(url: str) -> Iterator[None]:
    """Convert exceptions of the network and the HTTP client to FeedErrors about this URL."""
    try:
        yield
    except TimeoutError as error:
        raise FeedTimeoutError(url, "No connection within the time limit") from error
    except aiohttp.InvalidURL as error:
        raise BadUrlError(url, "Not an http(s) URL") from error
    except aiohttp.ClientConnectorError as error:
        raise _connection_error(url, error) from error
    except (aiohttp.ClientPayloadError, aiohttp.ClientResponseError) as error:
        raise BrokenResponseError(url, f"Invalid response: {_reason(error)}") from error
    except (aiohttp.ClientError, ssl.SSLError, OSError) as error:
        raise UnreachableError(url, f"Connection lost: {_reason(error)}") from error


def _connection_error(
    url: str, error: aiohttp.ClientConnectorError
) -> AddressNotAllowedError | UnreachableError:
    if isinstance(error.os_error, AddressRefusedError):
        address = error.os_error.address
        return AddressNotAllowedError(
            url, f"{address} is not a public address; add its network to fetch.allow_networks"
        )
    return UnreachableError(url, f"Cannot connect: {_reason(error.os_error)}")


def _reason(error: Exception) -> str:
    text = error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
    text = text or type(error).__name__
    return " ".join(text.split())[:200]
