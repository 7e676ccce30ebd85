"""The ledger of the digest: issues, and each attempt to deliver one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, literal_column, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from service.domain.digest import Past
from service.domain.digest_cards import Digest
from service.domain.digest_days import Due
from service.errors import NotFoundError
from service.store.tables import DeliveryRow, IssueRow, SubscriberRow

_DIGEST = TypeAdapter(Digest)
#: Issues in these states were read, or will be.
_READ = ("waiting", "sent")


@dataclass(frozen=True, slots=True)
class Issue:
    """An edition of the digest as it was made."""

    id: int
    subscriber: int
    due: Due
    made_at: datetime
    state: str
    late: bool
    digest: Digest


def last_of(session: Session, subscribers: Collection[int]) -> dict[int, Due]:
    """The issue with the latest local date of each subscriber who had one, empty ones too."""
    statement = (
        select(IssueRow.subscriber_id, IssueRow.local_date, IssueRow.due_at)
        .where(IssueRow.subscriber_id.in_(subscribers))
        .ext(distinct_on(IssueRow.subscriber_id))
        .order_by(IssueRow.subscriber_id, IssueRow.local_date.desc())
    )
    return {
        row.subscriber_id: Due(row.local_date, row.due_at) for row in session.execute(statement)
    }


def seen_by(session: Session, subscribers: Collection[int], *, since: datetime) -> dict[int, Past]:
    """What each subscriber has read in the issues made since a moment; those without are left out."""
    read = (IssueRow.subscriber_id.in_(subscribers), IssueRow.state.in_(_READ))
    recent = (*read, IssueRow.made_at >= since)
    made = session.execute(
        select(IssueRow.subscriber_id, func.max(IssueRow.made_at))
        .where(*recent)
        .group_by(IssueRow.subscriber_id)
    ).all()
    article = func.jsonb_path_query(IssueRow.content, literal_column("'$.*[*].articles[*]'"))
    told = select(IssueRow.subscriber_id, article.label("article")).where(*recent).subquery()
    rows = session.execute(
        select(told.c.subscriber_id, func.array_agg(told.c.article)).group_by(told.c.subscriber_id)
    )
    articles = {row[0]: frozenset(row[1]) for row in rows}
    return {row[0]: Past(row[1], articles.get(row[0], frozenset())) for row in made}


def make(
    session: Session, subscriber: int, due: Due, digest: Digest, *, now: datetime, late: bool
) -> bool:
    """Write an issue before it is sent; whether there was none of that local date yet."""
    values: dict[str, Any] = {
        "subscriber_id": subscriber,
        "local_date": due.local_date,
        "due_at": due.at,
        "made_at": now,
        "late": late,
        "state": "waiting" if digest else "empty",
        "next_attempt_at": now if digest else None,
        "subject": digest.cards[0].headline if digest else "",
        "content": _DIGEST.dump_python(digest, mode="json"),
    }
    statement = insert(IssueRow).values(values).on_conflict_do_nothing().returning(IssueRow.id)
    return session.scalar(statement) is not None


def get(session: Session, issue_id: int) -> Issue:
    """One issue; NotFoundError if there is none."""
    row = session.get(IssueRow, issue_id)
    if row is None:
        raise NotFoundError("issue", issue_id)
    due = Due(row.local_date, row.due_at)
    digest = _DIGEST.validate_python(row.content)
    return Issue(row.id, row.subscriber_id, due, row.made_at, row.state, row.late, digest)


def waiting(session: Session, *, now: datetime) -> list[int]:
    """The issues that are to be sent now, the longest due first; none of who has stopped."""
    statement = (
        select(IssueRow.id)
        .join(SubscriberRow, SubscriberRow.id == IssueRow.subscriber_id)
        .where(IssueRow.state == "waiting", IssueRow.next_attempt_at <= now)
        .where(SubscriberRow.state == "active")
        .order_by(IssueRow.due_at, IssueRow.id)
    )
    return list(session.scalars(statement))


def begin(session: Session, issue_id: int, message_id: str, *, now: datetime) -> int:
    """Note an attempt before it is made; its number in the ledger."""
    last = select(func.max(DeliveryRow.attempt)).where(DeliveryRow.issue_id == issue_id)
    row = DeliveryRow(
        issue_id=issue_id,
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


def sent(session: Session, delivery_id: int, *, late: bool) -> None:
    """Note that the server took an issue, and whether it said that it was late."""
    _settle(session, delivery_id, "sent", "sent", late=late)


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


def attempts(session: Session, issue_id: int) -> int:
    """How often an issue was tried."""
    counted = select(func.count()).where(DeliveryRow.issue_id == issue_id)
    return session.scalar(counted) or 0


def settle_cut_off(session: Session) -> int:
    """Note what a process that died left open; how many attempts. Their issues are tried again.

    The caller holds the job's lock, so that nobody else is sending.
    """
    count = 0
    for before, after in (("sending", "deferred"), ("ending", "doubtful")):
        statement = (
            update(DeliveryRow)
            .where(DeliveryRow.state == before)
            .values(state=after, error="the process ended before the answer came")
            .returning(DeliveryRow.id)
        )
        count += len(session.scalars(statement).all())
    return count


def expire(session: Session, *, now: datetime, make_up: timedelta) -> int:
    """Give up issues that are too late to be sent; how many."""
    statement = (
        update(IssueRow)
        .where(IssueRow.state == "waiting", IssueRow.due_at < now - make_up)
        .values(state="expired", next_attempt_at=None)
        .returning(IssueRow.id)
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
    late: bool = False,
) -> None:
    row = session.get_one(DeliveryRow, delivery_id)
    row.state, row.smtp_code, row.error = state, code, error
    issue = session.get_one(IssueRow, row.issue_id)
    issue.state, issue.next_attempt_at, issue.late = issue_state, until, issue.late or late
