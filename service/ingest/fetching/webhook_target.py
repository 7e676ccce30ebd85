"""Webhook targets: SSRF check of the URL, body of deliveries, single deliveries."""

import asyncio
import secrets
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from service.domain.stories.transitions import StoryTransition, TransitionOut
from service.domain.webhooks.retries import DeliveryOutcome
from service.domain.webhooks.signing import message_id, sign
from service.domain.webhooks.target_url import parse_target_url
from service.errors import BadInputError
from service.ingest.fetching.post import NETWORKS_SETTING, post, webhook_session
from service.ingest.fetching.ssrf_guard import is_allowed
from service.settings.convert import parse_networks
from service.settings.load import Settings


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """URL and signing secret of one webhook."""

    webhook: int
    url: str
    secret: bytes


def check_target_allowed(url: str, settings: Settings) -> None:
    """Reject a URL that only leads to blocked addresses.

    A host name that does not resolve passes, because it may resolve later. Each delivery checks the
    address again when it connects.

    Raises:
        BadInputError: the URL is invalid, has only private addresses, or has an IPv6 zone.
    """
    host = urlsplit(parse_target_url(url)).hostname or ""
    if "%" in host:  # the same zone is a different network on each machine
        raise BadInputError(f"{host} contains an IPv6 zone; use an address without one")
    try:
        resolved = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return
    addresses = [str(each[4][0]) for each in resolved]
    allowed = parse_networks(settings.webhooks.allow_networks, setting=NETWORKS_SETTING)
    if not any(is_allowed(address, allowed) for address in addresses):
        shown = host if addresses[0] == host else f"{host} ({addresses[0]})"
        raise BadInputError(
            f"{shown} is not a public address. To allow it, add its network to {NETWORKS_SETTING}"
        )


def send_test_delivery(target: WebhookTarget, settings: Settings) -> DeliveryOutcome:
    """Send one signed delivery of type `test` with an id of its own; nothing is stored."""
    timestamp = format_timestamp(datetime.now(UTC)).encode()
    body = b'{"type":"test","timestamp":"' + timestamp + b'","data":{}}'
    message = f"samestory-{target.webhook}-test-{secrets.token_hex(8)}"
    return _send(target, message, body, settings)


def send_again(
    target: WebhookTarget, transition: StoryTransition, settings: Settings
) -> DeliveryOutcome:
    """Send one transition with the id and the body of its regular delivery; nothing is stored."""
    message = message_id(target.webhook, transition.id)
    return _send(target, message, delivery_body(transition), settings)


def delivery_body(transition: StoryTransition) -> bytes:
    """JSON body with the same schema as `/v1/changes`; identical bytes in each attempt."""
    data = TransitionOut.of(transition).model_dump_json()
    timestamp = format_timestamp(transition.at)
    head = f'{{"type":"story.{transition.kind}","timestamp":"{timestamp}","data":'
    return f"{head}{data}}}".encode()


def sign_delivery(secret: bytes, message: str, body: bytes) -> dict[str, str]:
    """Headers of a delivery, signed for the present time.

    It is the time of this machine, not of the service: the clock of a demo shows the time of its
    samples, and receivers compare the time with their own clocks.
    """
    return sign(secret, message, body, at=datetime.now(UTC))


def format_timestamp(at: datetime) -> str:
    """Timestamp of a delivery: ISO 8601, UTC, microseconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _send(target: WebhookTarget, message: str, body: bytes, settings: Settings) -> DeliveryOutcome:
    headers = sign_delivery(target.secret, message, body)

    async def send() -> DeliveryOutcome:
        async with webhook_session(settings.webhooks, settings.fetch) as http:
            return await post(http, target.url, body, headers)

    return asyncio.run(send())
