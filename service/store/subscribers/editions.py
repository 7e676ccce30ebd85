"""The ledger of emails: issues of the digest, and each attempt to deliver one or a notice."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import TypeAdapter
from sqlalchemy import func, literal_column, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from service.domain.subscribers.alerts import AlertEmail
from service.domain.subscribers.digest_model import Digest
from service.domain.subscribers.digest_schedule import DueDate
from service.domain.subscribers.digest_selection import History
from service.errors import NotFoundError
from service.store.subscribers import alert_emails
from service.store.tables import DeliveryRow, EditionRow, SubscriberRow

#: What is sent, each by a job of its own.
Kind = Literal["digest", "alert"]

_DIGEST = TypeAdapter(Digest)
#: Issues in these states were read, or will be.
_READ = ("waiting", "sent")
_DIGESTS = EditionRow.kind == "digest"


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition of the digest as it was made, or the notice of an alert."""

    id: int
    subscriber: int
    due: DueDate
    made_at: datetime
    state: str
    late: bool
    digest: Digest  #: empty if it is a notice
    notice: AlertEmail | None = None
    sent_at: datetime | None = None
    bytes: int | None = None  #: of the whole email, once it was handed over


def last_of(session: Session, subscribers: Collection[int]) -> dict[int, DueDate]:
    """The issue with the latest local date of each subscriber who had one, empty ones too."""
    statement = (
        select(EditionRow.subscriber_id, EditionRow.local_date, EditionRow.due_at)
        .where(EditionRow.subscriber_id.in_(subscribers), _DIGESTS)
        .ext(distinct_on(EditionRow.subscriber_id))
        .order_by(EditionRow.subscriber_id, EditionRow.local_date.desc())
    )
    return {
        row.subscriber_id: DueDate(row.local_date, row.due_at) for row in session.execute(statement)
    }


def seen_by(session: Session, subscribers: Collection[int], *, since: datetime) -> dict[int, History]:
    """What each subscriber has read in the issues made since a moment; those without are left out."""
    read = (EditionRow.subscriber_id.in_(subscribers), _DIGESTS, EditionRow.state.in_(_READ))
    recent = (*read, EditionRow.created_at >= since)
    made = session.execute(
        select(EditionRow.subscriber_id, func.max(EditionRow.created_at))
        .where(*recent)
        .group_by(EditionRow.subscriber_id)
    ).all()
    article = func.jsonb_path_query(EditionRow.content, literal_column("'$.*[*].articles[*]'"))
    told = select(EditionRow.subscriber_id, article.label("article")).where(*recent).subquery()
    rows = session.execute(
        select(told.c.subscriber_id, func.array_agg(told.c.article)).group_by(told.c.subscriber_id)
    )
    articles = {row[0]: frozenset(row[1]) for row in rows}
    return {row[0]: History(row[1], articles.get(row[0], frozenset())) for row in made}


def make(
    session: Session,
    subscriber: int,
    due: DueDate,
    digest: Digest,
    *,
    now: datetime,
    late: bool,
    send: bool | None = None,
) -> int | None:
    """Write an issue before it is sent; its number, None if there was one of that local date.

    One that is empty is not sent, unless `send` says so.
    """
    goes = bool(digest) if send is None else send
    values: dict[str, Any] = {
        "subscriber_id": subscriber,
        "local_date": due.local_date,
        "due_at": due.at,
        "created_at": now,
        "late": late,
        "state": "waiting" if goes else "empty",
        "next_attempt_at": now if goes else None,
        "subject": next(iter(digest.headlines), ""),
        "content": _DIGEST.dump_python(digest, mode="json"),
        "cards": len(digest.cards),
    }
    statement = insert(EditionRow).values(values).on_conflict_do_nothing().returning(EditionRow.id)
    return session.scalar(statement)


def get(session: Session, edition_id: int) -> Edition:
    """One issue; NotFoundError if there is none."""
    row = session.get(EditionRow, edition_id)
    if row is None:
        raise NotFoundError("issue", edition_id)
    due = DueDate(row.local_date, row.due_at)
    told = alert_emails.read(row.content) if row.kind == "alert" else None
    digest = Digest() if told else _DIGEST.validate_python(row.content)
    facts = (row.id, row.subscriber_id, due, row.created_at, row.state, row.late, digest, told)
    return Edition(*facts, row.sent_at, row.bytes)


def waiting(session: Session, kind: Kind, *, now: datetime) -> list[int]:
    """What is to be sent now, the longest due first; nothing to who has stopped."""
    statement = (
        select(EditionRow.id)
        .join(SubscriberRow, SubscriberRow.id == EditionRow.subscriber_id)
        .where(EditionRow.state == "waiting", EditionRow.next_attempt_at <= now, EditionRow.kind == kind)
        .where(SubscriberRow.state == "active")
        .order_by(EditionRow.due_at, EditionRow.id)
    )
    return list(session.scalars(statement))


def begin(session: Session, edition_id: int, message_id: str, *, now: datetime) -> int:
    """Note an attempt before it is made; its number in the ledger."""
    last = select(func.max(DeliveryRow.attempt)).where(DeliveryRow.edition_id == edition_id)
    row = DeliveryRow(
        edition_id=edition_id,
        attempt=(session.scalar(last) or 0) + 1,
        state="sending",
        message_id=message_id,
        at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def ending(session: Session, delivery_id: int) -> None:
    """Note that the next step may make the server responsible for the email."""
    session.execute(update(DeliveryRow).where(DeliveryRow.id == delivery_id).values(state="ending"))


def sent(session: Session, delivery_id: int, *, late: bool, size: int, now: datetime) -> None:
    """Note that the server took an issue of so many bytes, and whether it said that it was late."""
    issue = _settle(session, delivery_id, "sent", "sent")
    issue.late, issue.bytes, issue.sent_at = issue.late or late, size, now


def refused(session: Session, delivery_id: int, *, code: int | None, error: str) -> None:
    """Note that the server will never take an issue; it is not tried again."""
    _settle(session, delivery_id, "refused", "refused", code=code, error=error)


def deferred(
    session: Session, delivery_id: int, *, code: int | None, error: str, until: datetime
) -> None:
    """Note that the server did not take an issue, or nobody knows; it is tried again."""
    known = session.scalar(select(DeliveryRow.state).where(DeliveryRow.id == delivery_id))
    state = "doubtful" if known == "ending" and code is None else "deferred"
    _settle(session, delivery_id, state, "waiting", code=code, error=error, until=until)


def attempts(session: Session, edition_id: int) -> int:
    """How often an issue was tried."""
    counted = select(func.count()).where(DeliveryRow.edition_id == edition_id)
    return session.scalar(counted) or 0


def recipient_of(session: Session, message_id: str) -> int | None:
    """To whom an email with this Message-ID went; None if none did."""
    statement = (
        select(EditionRow.subscriber_id)
        .join(DeliveryRow, DeliveryRow.edition_id == EditionRow.id)
        .where(DeliveryRow.message_id == message_id)
        .limit(1)
    )
    return session.scalar(statement)


def settle_cut_off(session: Session, kind: Kind) -> int:
    """Note what a process that died left open; how many attempts. Their issues are tried again.

    The caller holds the lock of the job that sends this kind, so that nobody else is sending.
    """
    count = 0
    those = select(EditionRow.id).where(EditionRow.kind == kind)
    for before, after in (("sending", "deferred"), ("ending", "doubtful")):
        statement = (
            update(DeliveryRow)
            # Not as a parameter, so that the index of open attempts can be used.
            .where(
                DeliveryRow.state == literal_column(f"'{before}'"), DeliveryRow.edition_id.in_(those)
            )
            .values(state=after, error="the process ended before the answer came")
            .returning(DeliveryRow.id)
        )
        count += len(session.scalars(statement).all())
    return count


def expire(session: Session, *, now: datetime, catch_up: timedelta) -> int:
    """Give up issues that are too late to be sent; how many."""
    statement = (
        update(EditionRow)
        .where(_DIGESTS, EditionRow.state == "waiting", EditionRow.due_at < now - catch_up)
        .values(state="expired", next_attempt_at=None)
        .returning(EditionRow.id)
    )
    return len(session.scalars(statement).all())


def _settle(
    session: Session,
    delivery_id: int,
    state: str,
    issue_state: str,
    *,
    code: int | None = None,
    error: str | None = None,
    until: datetime | None = None,
) -> EditionRow:
    row = session.get_one(DeliveryRow, delivery_id)
    row.state, row.smtp_code, row.error = state, code, error
    issue = session.get_one(EditionRow, row.edition_id)
    issue.state, issue.next_attempt_at = issue_state, until
    return issue
