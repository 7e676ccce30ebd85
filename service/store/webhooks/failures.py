"""Failures of a webhook before its deliveries, such as a saved query that cannot be read."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service.domain.webhooks.retries import (
    DOWN_MIN_STORIES,
    DeliveryOutcome,
    RetryPolicy,
    WebhookHealth,
    update_health,
)
from service.store.tables import WebhookBlockedStoryRow, WebhookRow
from service.store.webhooks.webhooks import read_health, write_health


def record_failure(
    session: Session,
    webhook_id: int,
    reason: str,
    *,
    owner: str,
    now: datetime,
    policy: RetryPolicy,
    jitter: float,
) -> DeliveryOutcome:
    """Store why a webhook failed as a whole; it waits longer after each failure, then is paused.

    The error names the saved query of the webhook. No effect on a removed webhook.
    """
    row = session.get(WebhookRow, webhook_id, with_for_update={"key_share": True})
    query = f"Saved query {row.query_id}: " if row and row.query_id else ""
    outcome = DeliveryOutcome(error=f"{query}{reason}")
    if row is None:
        return outcome
    if row.owner == owner:
        row.owner = row.claimed_until = None
    health = update_health(
        read_health(row),
        [outcome],
        blocked_stories=DOWN_MIN_STORIES,  # all stories of the webhook wait
        now=now,
        policy=policy,
        jitter=jitter,
    )
    row.error = outcome.error
    if row.state == "active":
        write_health(row, health)
        if health.pause_reason is not None:
            row.state = "paused"
    return outcome


def clear_failure(session: Session, row: WebhookRow) -> None:
    """Remove the error of a webhook with nothing to send, unless a story is blocked."""
    if row.error is None:
        return
    is_blocked = exists().where(WebhookBlockedStoryRow.webhook_id == row.id)
    if not session.scalar(select(is_blocked)):
        row.error = None
        write_health(row, WebhookHealth())
