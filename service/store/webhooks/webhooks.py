"""Webhooks: add, list, change, pause, resume, remove, rotate the secret."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.domain.queries.conditions import Query
from service.domain.webhooks.event_filter import EventFilter, parse_event_filter
from service.domain.webhooks.retries import WebhookHealth
from service.domain.webhooks.signing import SECRET_BYTES
from service.domain.webhooks.target_url import parse_target_url
from service.errors import NotFoundError
from service.store.database.arrays import equals_any
from service.store.queries import saved
from service.store.queries.saved import require_followable
from service.store.story_views.changes import latest_change, require_existing_change
from service.store.tables import WebhookBlockedStoryRow, WebhookRow

PAUSED_MANUALLY = "paused manually"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook without its secret."""

    id: int
    url: str
    state: str  #: `active` or `paused`
    event_filter: EventFilter
    last_delivered_id: int  #: last transition that was sent, filtered out or blocked
    health: WebhookHealth
    error: str | None  #: last failure; None after a success
    created_at: datetime
    last_delivered_at: datetime | None
    blocked_stories: int  #: stories with a failed delivery; the others continue


def add(
    session: Session,
    url: str,
    event_filter: EventFilter,
    *,
    now: datetime,
    since: int | None = None,
) -> tuple[Webhook, bytes]:
    """Add a webhook; return it with its secret.

    It receives all transitions after the id `since`, or only future ones.

    Raises:
        BadInputError: the URL is invalid, `since` is greater than the latest transition id, or the
            saved query does not exist or cannot filter changes.
    """
    if since is not None:
        require_existing_change(session, since)
    _require_query(session, event_filter)
    secret = secrets.token_bytes(SECRET_BYTES)
    row = WebhookRow(
        url=parse_target_url(url),
        secret=secret,
        kinds=list(event_filter.kinds),
        min_coverage=event_filter.min_coverage,
        query_id=event_filter.query,
        last_delivered_id=latest_change(session) if since is None else since,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return get(session, row.id), secret


def get(session: Session, webhook_id: int) -> Webhook:
    """Return one webhook; raise NotFoundError if it does not exist."""
    row = _get_row(session, webhook_id)
    return _webhook(row, _count_blocked(session, [webhook_id]).get(webhook_id, 0))


def get_secret(session: Session, webhook_id: int) -> bytes:
    """Return the signing secret; raise NotFoundError if the webhook does not exist."""
    return _get_row(session, webhook_id).secret


def list_webhooks(session: Session, *, after: int = 0, limit: int | None = None) -> list[Webhook]:
    """Return webhooks with an id above `after`, oldest first; two statements."""
    statement = select(WebhookRow).where(WebhookRow.id > after).order_by(WebhookRow.id)
    rows = session.scalars(statement.limit(limit)).all()
    blocked = _count_blocked(session, [row.id for row in rows])
    return [_webhook(row, blocked.get(row.id, 0)) for row in rows]


def remove(session: Session, webhook_id: int) -> None:
    """Delete a webhook; raise NotFoundError if it does not exist."""
    session.delete(lock_row(session, webhook_id))


def change(
    session: Session,
    webhook_id: int,
    *,
    now: datetime,
    url: str | None = None,
    kinds: Sequence[str] | None = None,
    min_coverage: int | None = None,
    query: str | None = None,
) -> Webhook:
    """Change the URL or the event filter; None leaves a value unchanged, "" removes the query.

    The position in the sequence of transitions stays. A new URL resets the health and retries
    failed deliveries immediately.

    Raises:
        NotFoundError: the webhook does not exist.
        BadInputError: the URL, a kind, the minimum coverage or the saved query is invalid.
    """
    row = lock_row(session, webhook_id)
    if kinds is not None or min_coverage is not None or query is not None:
        event_filter = parse_event_filter(
            row.kinds if kinds is None else kinds,
            row.min_coverage if min_coverage is None else min_coverage,
            row.query_id if query is None else query,
        )
        _require_query(session, event_filter)
        row.kinds, row.min_coverage = list(event_filter.kinds), event_filter.min_coverage
        row.query_id = event_filter.query
    if url is not None and parse_target_url(url) != row.url:
        # The failures belong to the previous URL.
        row.url, row.error = url, None
        write_health(row, WebhookHealth(pause_reason=row.pause_reason))
        retry_blocked_stories(session, webhook_id, now=now)
    session.flush()
    return get(session, webhook_id)


def _require_query(session: Session, event_filter: EventFilter) -> None:
    """Check that the saved query exists and can filter changes; raises BadInputError."""
    if event_filter.query:
        require_followable(saved.expand(session, Query(saved=(event_filter.query,))))


def pause(session: Session, webhook_id: int) -> Webhook:
    """Stop deliveries until `resume`; raise NotFoundError if the webhook does not exist.

    A webhook that is already paused keeps its pause reason.
    """
    row = lock_row(session, webhook_id)
    if row.state != "paused":
        row.state, row.pause_reason = "paused", PAUSED_MANUALLY
    session.flush()
    return get(session, webhook_id)


def rotate_secret(session: Session, webhook_id: int) -> tuple[Webhook, bytes]:
    """Replace the signing secret; return the webhook and the new secret.

    Raises:
        NotFoundError: the webhook does not exist.
    """
    row = lock_row(session, webhook_id)
    row.secret = secrets.token_bytes(SECRET_BYTES)
    session.flush()
    return get(session, webhook_id), row.secret


def resume(session: Session, webhook_id: int, *, now: datetime) -> Webhook:
    """Continue where a paused webhook stopped; raise NotFoundError if it does not exist.

    For an active webhook, retry all failed deliveries immediately.
    """
    row = lock_row(session, webhook_id)
    row.state, row.error = "active", None
    write_health(row, WebhookHealth())
    retry_blocked_stories(session, webhook_id, now=now)
    session.flush()
    return get(session, webhook_id)


def lock_row(session: Session, webhook_id: int) -> WebhookRow:
    """Lock and return the row; raise NotFoundError if it does not exist."""
    return _get_row(session, webhook_id, lock=True)


def read_health(row: WebhookRow) -> WebhookHealth:
    """Return the stored health of a webhook."""
    return WebhookHealth(row.attempts, row.failing_since, row.next_attempt_at, row.pause_reason)


def write_health(row: WebhookRow, health: WebhookHealth) -> None:
    """Store the health of a webhook."""
    row.attempts, row.failing_since = health.attempts, health.failing_since
    row.next_attempt_at, row.pause_reason = health.next_attempt_at, health.pause_reason


def retry_blocked_stories(session: Session, webhook_id: int, *, now: datetime) -> None:
    """Make all blocked stories of a webhook due now."""
    session.execute(
        update(WebhookBlockedStoryRow)
        .where(
            WebhookBlockedStoryRow.webhook_id == webhook_id,
            WebhookBlockedStoryRow.next_attempt_at > now,
        )
        .values(next_attempt_at=now)
    )


def _get_row(session: Session, webhook_id: int, *, lock: bool = False) -> WebhookRow:
    row = session.get(WebhookRow, webhook_id, with_for_update={"key_share": True} if lock else None)
    if row is None:
        raise NotFoundError("webhook", webhook_id)
    return row


def _count_blocked(session: Session, webhook_ids: Collection[int]) -> dict[int, int]:
    statement = select(WebhookBlockedStoryRow.webhook_id, func.count()).where(
        equals_any(WebhookBlockedStoryRow.webhook_id, webhook_ids)
    )
    return dict(session.execute(statement.group_by(WebhookBlockedStoryRow.webhook_id)).all())


def _webhook(row: WebhookRow, blocked_stories: int) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        state=row.state,
        event_filter=EventFilter(tuple(row.kinds), row.min_coverage, row.query_id),
        last_delivered_id=row.last_delivered_id,
        health=read_health(row),
        error=row.error,
        created_at=row.created_at,
        last_delivered_at=row.last_delivered_at,
        blocked_stories=blocked_stories,
    )
