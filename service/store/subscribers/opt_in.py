"""Requests for confirmation emails by the owners of addresses themselves."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.domain.subscribers import opt_in
from service.store.database.locks import lock_until_commit
from service.store.tables import SubscriberRow

#: Named lock: the limits hold for concurrent requests, too.
LOCK = "subscriptions"
_HOUR = timedelta(hours=1)


def may_send_confirmation(
    session: Session, address: str, *, now: datetime, max_per_hour: int
) -> bool:
    """Whether a reader gets a confirmation email (`opt_in.may_send_confirmation`).

    Concurrent requests wait until this transaction ends. Three statements.
    """
    lock_until_commit(session, LOCK)
    sent_at = SubscriberRow.confirmation_requested_at
    recent = session.scalar(select(func.count()).where(sent_at > now - _HOUR))
    is_same = func.lower(SubscriberRow.address) == address.lower()
    pending = select(SubscriberRow.schedule_since).where(is_same, SubscriberRow.state == "pending")
    return opt_in.may_send_confirmation(
        session.scalar(pending), recent or 0, now=now, max_per_hour=max_per_hour
    )


def record_request(session: Session, subscriber_id: int, *, now: datetime) -> None:
    """Record that a reader gets a confirmation email; one statement."""
    is_subscriber = SubscriberRow.id == subscriber_id
    values = {"confirmation_requested_at": now}
    session.execute(update(SubscriberRow).where(is_subscriber).values(values))


def allow_retry(session: Session, subscriber_id: int, *, now: datetime) -> None:
    """Let a pending subscriber request a further email, because none was sent; one statement."""
    is_pending = (SubscriberRow.id == subscriber_id, SubscriberRow.state == "pending")
    values = {"schedule_since": now - opt_in.PAUSE, "confirmation_requested_at": None}
    session.execute(update(SubscriberRow).where(*is_pending).values(values))
