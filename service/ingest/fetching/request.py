"""A single HTTP request without redirects; network errors become FeedErrors."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import aiohttp
from yarl import URL

from service.errors import (
    AddressNotAllowedError,
    BadUrlError,
    BrokenResponseError,
    FeedTimeoutError,
    UnreachableError,
)
from service.ingest.fetching.bodies import BodyReader, Limits, read_body
from service.ingest.fetching.ssrf_guard import AddressRefusedError

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml,"
    " application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
REDIRECTS = frozenset({301, 302, 303, 307, 308})
OK = 200


@dataclass(frozen=True, slots=True)
class FeedResponse:
    """The response to one request; the body is read for status 200 only."""

    status: int
    headers: Mapping[str, str]
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
            reader = BodyReader(display_url, "", limits)
            body = b""
            if response.status == OK:
                reader = BodyReader(
                    display_url, response.headers.get("Content-Encoding", ""), limits
                )
                reader.expect(response.content_length or 0)
                body = await read_body(response.content.iter_any(), reader)
            return FeedResponse(response.status, response.headers, body, reader.received)


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
    text = str(error) or type(error).__name__
    return " ".join(text.split())[:200]
