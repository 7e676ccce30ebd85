"""Email outbox: digest editions, and the emails that wait to be sent."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, literal_column, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from service.domain.subscribers.alerts import AlertEmail
from service.domain.subscribers.digests.editions import Digest
from service.domain.subscribers.digests.schedule import DueDate, next_due_date
from service.domain.subscribers.digests.selection import History
from service.errors import NotFoundError
from service.store.subscribers import alert_emails, deliveries
from service.store.subscribers.deliveries import Kind
from service.store.subscribers.subscribers import Subscriber
from service.store.tables import EditionRow, SubscriberRow

_CONTENT = TypeAdapter(Digest)
_IS_DIGEST = EditionRow.kind == "digest"
#: States of editions whose stories count as seen.
_SEEN = ("waiting", "sent")


@dataclass(frozen=True, slots=True)
class Edition:
    """A stored email: an edition of the digest, or an alert email."""

    id: int
    subscriber: int
    due: DueDate
    created_at: datetime
    state: str
    late: bool
    digest: Digest  #: empty for an alert email
    alert: AlertEmail | None = None
    sent_at: datetime | None = None
    bytes: int | None = None  #: size of the email once it was sent


def find_due(
    session: Session, subscribers: Iterable[Subscriber], *, now: datetime, catch_up: timedelta
) -> list[tuple[Subscriber, DueDate]]:
    """Find the subscribers whose next edition is due, with its due date; see `next_due_date`."""
    by_id = {each.id: each for each in subscribers}
    statement = (
        select(EditionRow.subscriber_id, EditionRow.local_date, EditionRow.due_at)
        .where(EditionRow.subscriber_id.in_(by_id), _IS_DIGEST)
        .ext(distinct_on(EditionRow.subscriber_id))
        .order_by(EditionRow.subscriber_id, EditionRow.local_date.desc())
    )
    last = {key: DueDate(local_date, at) for key, local_date, at in session.execute(statement)}
    due_dates = []
    for key, each in by_id.items():
        due = next_due_date(
            each.schedule, now, since=each.schedule_since, last=last.get(key), catch_up=catch_up
        )
        if due:
            due_dates.append((each, due))
    return due_dates


def load_histories(
    session: Session, subscribers: Collection[int], *, since: datetime
) -> dict[int, History]:
    """Articles that editions created since `since` showed to each subscriber.

    Subscribers without such an edition are missing from the result.
    """
    conditions = (
        EditionRow.subscriber_id.in_(subscribers),
        _IS_DIGEST,
        EditionRow.state.in_(_SEEN),
        EditionRow.created_at >= since,
    )
    last_created = session.execute(
        select(EditionRow.subscriber_id, func.max(EditionRow.created_at))
        .where(*conditions)
        .group_by(EditionRow.subscriber_id)
    ).all()
    article = func.jsonb_path_query(EditionRow.content, literal_column("'$.*[*].articles[*]'"))
    shown = select(EditionRow.subscriber_id, article.label("article")).where(*conditions).subquery()
    rows = session.execute(
        select(shown.c.subscriber_id, func.array_agg(shown.c.article)).group_by(
            shown.c.subscriber_id
        )
    )
    articles = {row[0]: frozenset(row[1]) for row in rows}
    return {row[0]: History(row[1], articles.get(row[0], frozenset())) for row in last_created}


def add(
    session: Session,
    subscriber: int,
    due: DueDate,
    digest: Digest,
    *,
    now: datetime,
    late: bool,
    send: bool | None = None,
) -> int | None:
    """Store an edition before it is sent; returns its id, None if the local date has one.

    By default an empty edition is not sent; `send` overrides that.
    """
    to_send = bool(digest) if send is None else send
    values: dict[str, Any] = {
        "subscriber_id": subscriber,
        "local_date": due.local_date,
        "due_at": due.at,
        "created_at": now,
        "late": late,
        "state": "waiting" if to_send else "empty",
        "next_attempt_at": now if to_send else None,
        "subject": next(iter(digest.headlines), ""),
        "content": _CONTENT.dump_python(digest, mode="json"),
        "cards": len(digest.cards),
    }
    statement = insert(EditionRow).values(values).on_conflict_do_nothing().returning(EditionRow.id)
    return session.scalar(statement)


def get(session: Session, edition_id: int) -> Edition:
    """One edition or alert email; raises NotFoundError."""
    row = session.get(EditionRow, edition_id)
    if row is None:
        raise NotFoundError("edition", edition_id)
    is_alert = row.kind == "alert"
    return Edition(
        id=row.id,
        subscriber=row.subscriber_id,
        due=DueDate(row.local_date, row.due_at),
        created_at=row.created_at,
        state=row.state,
        late=row.late,
        digest=Digest() if is_alert else _CONTENT.validate_python(row.content),
        alert=alert_emails.parse_content(row.content) if is_alert else None,
        sent_at=row.sent_at,
        bytes=row.bytes,
    )


def find_waiting_ids(session: Session, kind: Kind, *, now: datetime) -> list[int]:
    """Ids of the emails to send now to active subscribers, the most overdue first."""
    statement = (
        select(EditionRow.id)
        .join(SubscriberRow, SubscriberRow.id == EditionRow.subscriber_id)
        .where(
            EditionRow.state == "waiting",
            EditionRow.next_attempt_at <= now,
            EditionRow.kind == kind,
        )
        .where(SubscriberRow.state == "active")
        .order_by(EditionRow.due_at, EditionRow.id)
    )
    return list(session.scalars(statement))


def expire_overdue(session: Session, *, now: datetime, catch_up: timedelta) -> int:
    """Expire waiting editions that were due more than `catch_up` ago; returns their number."""
    statement = (
        update(EditionRow)
        .where(_IS_DIGEST, EditionRow.state == "waiting", EditionRow.due_at < now - catch_up)
        .where(~deliveries.is_being_sent())
        .values(state="expired", next_attempt_at=None)
        .returning(EditionRow.id)
    )
    return len(session.scalars(statement).all())
