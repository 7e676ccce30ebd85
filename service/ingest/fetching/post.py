"""One POST to somebody else's address, behind the same guard as the fetching of feeds.

Redirects are not followed: a signed body goes to the address that was named, or nowhere. Of the
answer only status and headers are read.
"""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp

from service.domain.text.dates import parse_retry_after
from service.domain.webhooks.webhooks import Outcome
from service.ingest.fetching.request import REDIRECTS
from service.ingest.fetching.ssrf_guard import AddressRefusedError, socket_factory
from service.settings.convert import parse_networks
from service.settings.delivery import WebhookSettings

ACCEPTED = range(200, 300)
BUSY = frozenset({429, 503})
NETWORKS_SETTING = "webhooks.allow_networks"


@asynccontextmanager
async def webhook_session(
    settings: WebhookSettings, user_agent: str
) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that connects to public addresses and to the networks that the setting names."""
    allowed = parse_networks(settings.allow_networks, setting=NETWORKS_SETTING)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, socket_factory=socket_factory(allowed)),
        timeout=aiohttp.ClientTimeout(total=settings.timeout_seconds),
        headers={"User-Agent": user_agent, "Content-Type": "application/json"},
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        yield session


async def post(
    session: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str]
) -> Outcome:
    """Send one body; whatever goes wrong on the way is in the outcome."""
    try:
        sent = session.post(url, data=body, headers=headers, allow_redirects=False)
        async with sent as response:
            return _outcome(response)
    except TimeoutError:
        return Outcome(error="no answer within the time limit")
    except (aiohttp.ClientError, ssl.SSLError, OSError, ValueError) as error:
        return Outcome(error=_reason(error))


def _outcome(response: aiohttp.ClientResponse) -> Outcome:
    status = response.status
    if status in ACCEPTED:
        return Outcome(status)
    told = f"answered {status} {response.reason or ''}".strip()[:200]
    if status in REDIRECTS:
        return Outcome(status, f"{told}; redirects are not followed")
    wish = response.headers.get("Retry-After") if status in BUSY else None
    pause = parse_retry_after(wish, now=datetime.now(UTC)) if wish else None
    return Outcome(status, told, pause)


def _reason(error: Exception) -> str:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, AddressRefusedError):
        return f"{cause}; {NETWORKS_SETTING} can name its network"
    if isinstance(error, aiohttp.InvalidURL):
        return "not an http(s) address"
    text = " ".join((str(cause) or type(cause).__name__).split())[:200]
    reached = not isinstance(error, aiohttp.ClientConnectorError)
    return f"the connection broke: {text}" if reached else f"cannot be reached: {text}"
