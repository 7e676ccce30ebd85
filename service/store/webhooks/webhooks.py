"""Webhooks: who is told of changes, of which ones, and how each fares."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.domain.webhooks.webhooks import SECRET_BYTES, Health, Wanted, receiver_url
from service.domain.webhooks.webhooks import wanted as wanted_of
from service.errors import NotFoundError
from service.store.database.arrays import among
from service.store.story_views.changes import latest_change, require_existing_change
from service.store.tables import WebhookBlockedStoryRow, WebhookRow

#: Why a webhook is paused that no failure did it to.
BY_HAND = "paused by hand"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Somebody who is told of changes."""

    id: int
    url: str
    state: str  #: active or paused
    wanted: Wanted
    told: int  #: number of the last change that was told, passed over or held
    health: Health
    error: str | None  #: of the last failure, while nothing got through after it
    created_at: datetime
    last_delivered_at: datetime | None
    held: int  #: stories of which a delivery failed; the others are told all the same


def add(
    session: Session, url: str, wanted: Wanted, *, now: datetime, since: int | None = None
) -> tuple[Webhook, bytes]:
    """A webhook and its secret, which is not shown again.

    It is told of what is still to come, or of all changes after the number `since`.

    Raises:
        BadInputError: the address is none, or `since` a number that is still to come.
    """
    if since is not None:
        require_existing_change(session, since)
    secret = secrets.token_bytes(SECRET_BYTES)
    row = WebhookRow(
        url=receiver_url(url),
        secret=secret,
        kinds=list(wanted.kinds),
        min_coverage=wanted.min_coverage,
        last_delivered_id=latest_change(session) if since is None else since,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return get(session, row.id), secret


def get(session: Session, webhook_id: int) -> Webhook:
    """One webhook; NotFoundError if there is none."""
    return _webhook(_found(session, webhook_id), _held(session, [webhook_id]).get(webhook_id, 0))


def secret_of(session: Session, webhook_id: int) -> bytes:
    """What its deliveries are signed with; NotFoundError if there is no such webhook."""
    return _found(session, webhook_id).secret


def listed(session: Session, *, after: int = 0, limit: int | None = None) -> list[Webhook]:
    """All of them, or so many after a number, oldest first; two statements."""
    statement = select(WebhookRow).where(WebhookRow.id > after).order_by(WebhookRow.id)
    rows = session.scalars(statement.limit(limit)).all()
    held = _held(session, [row.id for row in rows])
    return [_webhook(row, held.get(row.id, 0)) for row in rows]


def remove(session: Session, webhook_id: int) -> None:
    """Tell it nothing more, and forget it; NotFoundError if there is none."""
    session.delete(row_of(session, webhook_id))


def change(
    session: Session,
    webhook_id: int,
    *,
    now: datetime,
    url: str | None = None,
    kinds: Sequence[str] | None = None,
    min_coverage: int | None = None,
) -> Webhook:
    """Give it another address, or tell it of other changes from where it stands on.

    What is None stays as it is, and what waits for another attempt goes on waiting; at another
    address it is tried at once.

    Raises:
        NotFoundError: there is no such webhook.
        BadInputError: the address, a kind or the number is none.
    """
    row = row_of(session, webhook_id)
    if kinds is not None or min_coverage is not None:
        least = row.min_coverage if min_coverage is None else min_coverage
        what = wanted_of(row.kinds if kinds is None else kinds, least)
        row.kinds, row.min_coverage = list(what.kinds), what.min_coverage
    if url is not None and receiver_url(url) != row.url:
        # The failures were those of the address before.
        row.url, row.error = url, None
        write_health(row, Health(pause_reason=row.pause_reason))
        retry_held(session, webhook_id, now=now)
    session.flush()
    return get(session, webhook_id)


def pause(session: Session, webhook_id: int) -> Webhook:
    """Tell it nothing until it is resumed; NotFoundError if there is none.

    One that is paused already keeps its reason.
    """
    row = row_of(session, webhook_id)
    if row.state != "paused":
        row.state, row.pause_reason = "paused", BY_HAND
    session.flush()
    return get(session, webhook_id)


def rotate(session: Session, webhook_id: int) -> tuple[Webhook, bytes]:
    """Sign all that is sent from now on with a new secret, which is not shown again.

    Raises:
        NotFoundError: there is no such webhook.
    """
    row = row_of(session, webhook_id)
    row.secret = secrets.token_bytes(SECRET_BYTES)
    session.flush()
    return get(session, webhook_id), row.secret


def resume(session: Session, webhook_id: int, *, now: datetime) -> Webhook:
    """Tell it at once of everything since it was paused; NotFoundError if there is none.

    For an active one all that waits is tried again.
    """
    row = row_of(session, webhook_id)
    row.state, row.error = "active", None
    write_health(row, Health())
    retry_held(session, webhook_id, now=now)
    session.flush()
    return get(session, webhook_id)


def row_of(session: Session, webhook_id: int) -> WebhookRow:
    """Its row, kept from others until the transaction ends; NotFoundError if there is none."""
    return _found(session, webhook_id, lock=True)


def health_of(row: WebhookRow) -> Health:
    """How a webhook fares, as stored."""
    return Health(row.attempts, row.failing_since, row.next_attempt_at, row.pause_reason)


def write_health(row: WebhookRow, health: Health) -> None:
    """Store how a webhook fares."""
    row.attempts, row.failing_since = health.attempts, health.failing_since
    row.next_attempt_at, row.pause_reason = health.retry_at, health.pause_reason


def retry_held(session: Session, webhook_id: int, *, now: datetime) -> None:
    """Let all that waits for another attempt be due."""
    session.execute(
        update(WebhookBlockedStoryRow)
        .where(WebhookBlockedStoryRow.webhook_id == webhook_id, WebhookBlockedStoryRow.next_attempt_at > now)
        .values(next_attempt_at=now)
    )


def _found(session: Session, webhook_id: int, *, lock: bool = False) -> WebhookRow:
    row = session.get(WebhookRow, webhook_id, with_for_update=lock or None)
    if row is None:
        raise NotFoundError("webhook", webhook_id)
    return row


def _held(session: Session, webhook_ids: Collection[int]) -> dict[int, int]:
    statement = select(WebhookBlockedStoryRow.webhook_id, func.count()).where(
        among(WebhookBlockedStoryRow.webhook_id, webhook_ids)
    )
    return dict(session.execute(statement.group_by(WebhookBlockedStoryRow.webhook_id)).all())


def _webhook(row: WebhookRow, held: int) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        state=row.state,
        wanted=Wanted(tuple(row.kinds), row.min_coverage),
        told=row.last_delivered_id,
        health=health_of(row),
        error=row.error,
        created_at=row.created_at,
        last_delivered_at=row.last_delivered_at,
        held=held,
    )
