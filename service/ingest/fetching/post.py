"""HTTP POST of webhook deliveries, with the same SSRF guard as feed downloads.

Redirects are not followed, because a signed body must only reach the configured URL. Only status
and headers of the response are read.
"""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp

from service.domain.text.dates import parse_retry_after
from service.domain.webhooks.retries import DeliveryOutcome
from service.ingest.fetching.proxy import GuardedConnector
from service.ingest.fetching.request import REDIRECTS
from service.ingest.fetching.ssrf_guard import AddressRefusedError
from service.settings.convert import parse_networks
from service.settings.sections.delivery import WebhookSettings
from service.settings.sections.ingest import FetchSettings

ACCEPTED = range(200, 300)
BUSY = frozenset({429, 503})
NETWORKS_SETTING = "webhooks.allow_networks"


@asynccontextmanager
async def webhook_session(
    settings: WebhookSettings, fetching: FetchSettings
) -> AsyncIterator[aiohttp.ClientSession]:
    """Open an HTTP session for public addresses and the networks of `webhooks.allow_networks`.

    It has the user agent and the proxy of feeds.
    """
    allowed = parse_networks(settings.allow_networks, setting=NETWORKS_SETTING)
    async with aiohttp.ClientSession(
        connector=GuardedConnector(allowed, fetching.proxy),
        timeout=aiohttp.ClientTimeout(total=settings.timeout_seconds),
        headers={"User-Agent": fetching.user_agent, "Content-Type": "application/json"},
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        yield session


async def post(
    session: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str]
) -> DeliveryOutcome:
    """Send one body; return errors in the outcome instead of raising them."""
    try:
        sent = session.post(url, data=body, headers=headers, allow_redirects=False)
        async with sent as response:
            return _outcome(response)
    except TimeoutError:
        return DeliveryOutcome(error="No response within the time limit")
    except (aiohttp.ClientError, ssl.SSLError, OSError, ValueError) as error:
        return DeliveryOutcome(error=_reason(error))


def _outcome(response: aiohttp.ClientResponse) -> DeliveryOutcome:
    status = response.status
    if status in ACCEPTED:
        return DeliveryOutcome(status)
    error = f"HTTP {status} {response.reason or ''}".strip()[:200]
    if status in REDIRECTS:
        return DeliveryOutcome(status, f"{error}; redirects are not followed")
    retry_after = response.headers.get("Retry-After") if status in BUSY else None
    pause = parse_retry_after(retry_after, now=datetime.now(UTC)) if retry_after else None
    return DeliveryOutcome(status, error, pause)


def _reason(error: Exception) -> str:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, AddressRefusedError):
        return f"{cause}; add its network to {NETWORKS_SETTING}"
    if isinstance(error, aiohttp.InvalidURL):
        return "Not an http(s) URL"
    text = " ".join((str(cause) or type(cause).__name__).split())[:200]
    reached = not isinstance(error, aiohttp.ClientConnectorError)
    return f"Connection lost: {text}" if reached else f"Cannot connect: {text}"
