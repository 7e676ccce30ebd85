"""Receivers of webhooks: whether an address may be told, and one delivery to try it with."""

import asyncio
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from service.domain.webhooks.webhooks import Outcome, receiver_url, signed
from service.errors import BadInputError
from service.ingest.fetching.post import NETWORKS_SETTING, post, webhook_session
from service.ingest.fetching.ssrf_guard import is_allowed
from service.settings.convert import parse_networks
from service.settings.load import Settings


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """Where the deliveries of one webhook go, and what they are signed with."""

    webhook: int
    url: str
    secret: bytes


def check_target_allowed(url: str, settings: Settings) -> None:
    """Refuse an address that deliveries would be kept from.

    A name that does not resolve now passes, for it may later; each delivery is checked again, at
    the socket.

    Raises:
        BadInputError: it is no http(s) address, leads to private addresses alone, or names a zone.
    """
    host = urlsplit(receiver_url(url)).hostname or ""
    if "%" in host:  # a zone, which means another network on each machine
        raise BadInputError(f"{host} names a network interface; no delivery goes out by one")
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return
    leads_to = [str(each[4][0]) for each in found]
    allowed = parse_networks(settings.webhooks.allow_networks, setting=NETWORKS_SETTING)
    if not any(is_allowed(address, allowed) for address in leads_to):
        told = leads_to[0] if leads_to[0] == host else f"{host}, which is {leads_to[0]},"
        raise BadInputError(f"{told} is no public address; {NETWORKS_SETTING} can name its network")


def send_test_delivery(receiver: WebhookTarget, settings: Settings, *, now: datetime) -> Outcome:
    """Send one delivery of type `test`, signed like all others; stores nothing."""
    body = b'{"type":"test","timestamp":"' + format_timestamp(now).encode() + b'","data":{}}'
    message = f"samestory-{receiver.webhook}-test-{now.timestamp():.0f}"
    headers = signed(receiver.secret, message, body, at=now)

    async def send() -> Outcome:
        async with webhook_session(settings.webhooks, settings.fetch.user_agent) as http:
            return await post(http, receiver.url, body, headers)

    return asyncio.run(send())


def format_timestamp(at: datetime) -> str:
    """A moment as deliveries write it: UTC, to the microsecond."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
