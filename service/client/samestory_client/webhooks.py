"""Webhooks: `/v1/webhooks`, with their deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from samestory_client.decoding import decode
from samestory_client.transport import Transport


@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver of changes; `secret` is only known after it was created or replaced."""

    id: int
    url: str
    state: str
    kinds: tuple[str, ...]
    min_coverage: int
    query: str | None
    last_delivered_id: int
    blocked_stories: int
    error: str | None
    pause_reason: str | None
    created_at: datetime
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """An attempt to deliver a change."""

    change: int
    at: datetime
    status: int | None
    error: str | None
    is_redelivery: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of a single delivery."""

    accepted: bool
    status: int | None
    error: str | None


class Webhooks:
    """Methods of the client for webhooks; they need a key with the role `admin`."""

    _transport: Transport

    def webhooks(self) -> list[Webhook]:
        """The webhooks, oldest first, at most 100."""
        return decode(list[Webhook], self._transport.get("/v1/webhooks")["items"])

    def add_webhook(
        self,
        url: str,
        *,
        kinds: Sequence[str] = (),
        min_coverage: int = 0,
        query: str | None = None,
        since: int | None = None,
    ) -> Webhook:
        """Add a webhook; `query` is the id of a saved query. The result has the secret."""
        body = {"url": url, "kinds": list(kinds), "min_coverage": min_coverage}
        body |= {"query": query, "since": since}
        return decode(Webhook, self._transport.send("POST", "/v1/webhooks", body))

    def change_webhook(self, webhook_id: int, **changes: Any) -> Webhook:
        """Change `url`, `kinds`, `min_coverage`, `query` ("" for none) or `state`."""
        return decode(Webhook, self._transport.send("PATCH", _path(webhook_id), changes))

    def remove_webhook(self, webhook_id: int) -> None:
        """Delete a webhook."""
        self._transport.send("DELETE", _path(webhook_id))

    def test_webhook(self, webhook_id: int) -> Outcome:
        """Send a test delivery now."""
        return decode(Outcome, self._transport.send("POST", f"{_path(webhook_id)}/test"))

    def deliveries(self, webhook_id: int, **parameters: Any) -> list[Delivery]:
        """The latest attempts; `parameters` are `failed` and `limit`."""
        page = self._transport.get(f"{_path(webhook_id)}/deliveries", parameters)
        return decode(list[Delivery], page["items"])

    def redeliver(self, webhook_id: int, change: int) -> Outcome:
        """Deliver one change again now."""
        path = f"{_path(webhook_id)}/deliveries/{change}"
        return decode(Outcome, self._transport.send("POST", path))


def _path(webhook_id: int) -> str:
    return f"/v1/webhooks/{webhook_id}"
