"""Delivery attempts of editions and alert emails, each claimed by one process before it sends."""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, exists, func, literal_column, select
from sqlalchemy.orm import Session

from service.store.database import claims
from service.store.tables import DeliveryRow, EditionRow, SubscriberRow

#: Kinds of emails; each is sent by its own job.
Kind = Literal["digest", "alert"]

#: States of an attempt in progress: `sending` (the email can still be withdrawn), and `ending` (its
#: end is being transmitted, so the server may accept it at any time).
OPEN = ("sending", "ending")


def start_attempt(
    session: Session,
    edition_id: int,
    message_id: str,
    *,
    owner: str,
    duration: timedelta,
    now: datetime,
) -> int | None:
    """Claim an email for one delivery attempt; returns the delivery's id.

    Returns None if the email is not due any more, if it was sent or cancelled, or if another
    process has claimed it. A claim lasts for `duration`, or until its process ends.
    """
    due = (
        select(EditionRow.id)
        .join(SubscriberRow, SubscriberRow.id == EditionRow.subscriber_id)
        .where(EditionRow.id == edition_id, EditionRow.state == "waiting")
        .where(EditionRow.next_attempt_at <= now, SubscriberRow.state == "active")
        .with_for_update(of=EditionRow, key_share=True, skip_locked=True)
    )
    if session.scalar(due) is None:
        return None
    # A statement of its own: the snapshot of the one above is older than its lock, and misses an
    # attempt that another process committed in between.
    if session.scalar(select(is_being_sent()).where(EditionRow.id == edition_id)):
        return None
    last = select(func.max(DeliveryRow.attempt)).where(DeliveryRow.edition_id == edition_id)
    row = DeliveryRow(
        edition_id=edition_id,
        attempt=(session.scalar(last) or 0) + 1,
        state="sending",
        message_id=message_id,
        at=now,
        owner=owner,
        claimed_until=claims.claim_end(duration),
    )
    session.add(row)
    session.flush()
    return row.id


def mark_ending(session: Session, delivery_id: int, *, duration: timedelta) -> bool:
    """Record that the end of the email is transmitted next, and renew the claim.

    From now on the mail server may accept the email, and the outcome may become unknown.

    Returns False if the claim was lost, or the email was sent or cancelled meanwhile. The email
    must then not be completed; the attempt is closed.
    """
    delivery = session.get_one(DeliveryRow, delivery_id)
    edition = session.get_one(EditionRow, delivery.edition_id, with_for_update={"key_share": True})
    session.refresh(delivery)
    if delivery.state == "sending" and edition.state == "waiting":
        delivery.state, delivery.claimed_until = "ending", claims.claim_end(duration)
        return True
    if delivery.state == "sending":
        delivery.state, delivery.error = "deferred", f"the email is {edition.state}"
    return False


def mark_sent(session: Session, delivery_id: int, *, late: bool, size: int, now: datetime) -> None:
    """Record that the server accepted an email of `size` bytes; `late` if it has an apology."""
    edition = _close_attempt(session, delivery_id, "sent", "sent")
    edition.late, edition.bytes, edition.sent_at = edition.late or late, size, now


def mark_refused(session: Session, delivery_id: int, *, code: int | None, error: str) -> None:
    """Record a permanent refusal; the email is not retried."""
    _close_attempt(session, delivery_id, "refused", "refused", code=code, error=error)


def mark_failed_temporarily(
    session: Session, delivery_id: int, *, code: int | None, error: str, until: datetime
) -> None:
    """Record a temporary failure or an unknown outcome; the email is retried at `until`."""
    before = session.scalar(select(DeliveryRow.state).where(DeliveryRow.id == delivery_id))
    state = "doubtful" if before == "ending" and code is None else "deferred"
    _close_attempt(session, delivery_id, state, "waiting", code=code, error=error, until=until)


def count_attempts(session: Session, edition_id: int) -> int:
    """Number of delivery attempts of an email."""
    statement = select(func.count()).where(DeliveryRow.edition_id == edition_id)
    return session.scalar(statement) or 0


def find_message_id(session: Session, edition_id: int) -> str | None:
    """Message-ID of earlier attempts to send an email, or None."""
    statement = select(DeliveryRow.message_id).where(DeliveryRow.edition_id == edition_id)
    return session.scalar(statement.order_by(DeliveryRow.attempt).limit(1))


def find_recipient(session: Session, message_id: str) -> int | None:
    """Id of the subscriber to whom the email with this Message-ID was sent, or None."""
    statement = (
        select(EditionRow.subscriber_id)
        .join(DeliveryRow, DeliveryRow.edition_id == EditionRow.id)
        .where(DeliveryRow.message_id == message_id)
        .limit(1)
    )
    return session.scalar(statement)


def close_interrupted_attempts(session: Session, kind: Kind) -> int:
    """Close the attempts whose process or claim has ended, for a retry; returns their number."""
    open_attempts = session.scalars(
        select(DeliveryRow)
        .join(EditionRow, EditionRow.id == DeliveryRow.edition_id)
        .where(_is_open(), EditionRow.kind == kind)
        .with_for_update(of=DeliveryRow, key_share=True, skip_locked=True)
    ).all()
    ended = [
        each for each in open_attempts if claims.is_free(session, each.owner, each.claimed_until)
    ]
    for each in ended:
        each.state = "doubtful" if each.state == "ending" else "deferred"
        each.error = "the process ended before the server replied"
    return len(ended)


def is_being_sent() -> ColumnElement[bool]:
    """SQL condition on `EditionRow`: a delivery attempt is in progress."""
    return exists().where(DeliveryRow.edition_id == EditionRow.id, _is_open())


def is_withdrawn() -> ColumnElement[bool]:
    """SQL condition on `EditionRow`: the email was cancelled, so it was not sent on purpose.

    Either its alert was removed, or its subscriber gets no emails any more. Overdue alert emails
    are deferred, so `expired` ones were cancelled.
    """
    inactive = select(SubscriberRow.id).where(SubscriberRow.state != "active")
    is_cancelled = (EditionRow.kind == "alert") | EditionRow.subscriber_id.in_(inactive)
    return (EditionRow.state == "expired") & is_cancelled


def _is_open() -> ColumnElement[bool]:
    # Literals, because parameters would keep Postgres from using the partial index.
    return DeliveryRow.state.in_([literal_column(f"'{each}'") for each in OPEN])


def _close_attempt(
    session: Session,
    delivery_id: int,
    state: str,
    edition_state: str,
    *,
    code: int | None = None,
    error: str | None = None,
    until: datetime | None = None,
) -> EditionRow:
    row = session.get_one(DeliveryRow, delivery_id)
    edition = session.get_one(EditionRow, row.edition_id, with_for_update={"key_share": True})
    session.refresh(row)
    # Without its claim, an attempt may only report that the email was sent.
    if row.state in OPEN or edition_state == "sent":
        row.state, row.smtp_code, row.error = state, code, error
        edition.state, edition.next_attempt_at = edition_state, until
    return edition
