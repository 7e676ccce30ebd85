"""Requests for confirmation emails by the owners of addresses themselves."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.store.database.locks import lock_until_commit
from service.store.tables import SubscriberRow

#: Named lock: the limits hold for concurrent requests, too.
LOCK = "subscriptions"
#: Time after a confirmation email within which the same address gets no further one.
PAUSE = timedelta(days=1)
_HOUR = timedelta(hours=1)


def may_send_confirmation(
    session: Session, address: str, *, now: datetime, max_per_hour: int
) -> bool:
    """Whether a confirmation email may be sent to an address; three statements.

    Concurrent requests wait until this transaction ends. Not if the address is pending since less
    than a day, or if `max_per_hour` subscribers became pending in the last hour. The start of the
    schedule is the time of the last request.
    """
    lock_until_commit(session, LOCK)
    pending = select(func.count()).where(SubscriberRow.state == "pending")
    is_same = func.lower(SubscriberRow.address) == address.lower()
    recent = pending.where(SubscriberRow.schedule_since > now - _HOUR)
    same = pending.where(is_same, SubscriberRow.schedule_since > now - PAUSE)
    return not session.scalar(same) and (session.scalar(recent) or 0) < max_per_hour


def allow_retry(session: Session, subscriber_id: int, *, now: datetime) -> None:
    """Let a pending subscriber request a further email, because none was sent; one statement."""
    is_pending = (SubscriberRow.id == subscriber_id, SubscriberRow.state == "pending")
    session.execute(update(SubscriberRow).where(*is_pending).values(schedule_since=now - PAUSE))
