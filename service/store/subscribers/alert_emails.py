"""The notices of alerts in the ledger: what was told, what waits, what the next issue holds."""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from service.domain.subscribers.alerts import AlertEmail, Notification
from service.store.tables import EditionRow

_NOTICE = TypeAdapter(AlertEmail)
_NOTICES = EditionRow.kind == "alert"


def told_to(
    session: Session, subscribers: Collection[int], *, since: datetime
) -> dict[int, list[Notification]]:
    """What each subscriber was told since a moment by notices, those that issues hold among them."""
    statement = select(EditionRow.subscriber_id, EditionRow.content, EditionRow.created_at).where(
        EditionRow.subscriber_id.in_(subscribers), _NOTICES, EditionRow.created_at >= since
    )
    found: dict[int, list[Notification]] = defaultdict(list)
    for subscriber, content, made_at in session.execute(statement):
        found[subscriber].append(_told(read(content), made_at))
    return dict(found)


def sent_to(session: Session, subscribers: Collection[int], *, since: datetime) -> Counter[int]:
    """How many notices each subscriber was sent since a moment, or will be."""
    statement = (
        select(EditionRow.subscriber_id, func.count())
        .where(EditionRow.subscriber_id.in_(subscribers), _NOTICES)
        .where(EditionRow.created_at > since, EditionRow.state != "deferred")
        .group_by(EditionRow.subscriber_id)
    )
    return Counter(dict(session.execute(statement).all()))


def make(
    session: Session,
    subscriber: int,
    notice: AlertEmail,
    local_date: date,
    *,
    now: datetime,
    fold: bool,
) -> bool:
    """Write a notice before it is sent, or before an issue holds it; whether it is a new one."""
    values: dict[str, Any] = {
        "kind": "alert",
        "subscriber_id": subscriber,
        "local_date": local_date,
        "due_at": now,
        "created_at": now,
        "state": "deferred" if fold else "waiting",
        "next_attempt_at": None if fold else now,
        "subject": notice.card.headline,
        "content": _NOTICE.dump_python(notice, mode="json"),
        "cards": 1,
        "story_id": notice.card.story,
        "independent_coverage": notice.card.independent,
    }
    statement = insert(EditionRow).values(values).on_conflict_do_nothing().returning(EditionRow.id)
    return session.scalar(statement) is not None


def folded(
    session: Session, subscribers: Collection[int], *, since: datetime
) -> dict[int, dict[int, AlertEmail]]:
    """The notices made since a moment that each subscriber's next issue is to hold, by their ids.

    One that an issue held which never came is held again.
    """
    holder = aliased(EditionRow)
    statement = (
        select(EditionRow.subscriber_id, EditionRow.id, EditionRow.content)
        .outerjoin(holder, holder.id == EditionRow.deferred_to)
        .where(EditionRow.subscriber_id.in_(subscribers), _NOTICES, EditionRow.state == "deferred")
        .where(EditionRow.created_at >= since, or_(holder.id.is_(None), holder.state == "expired"))
        .order_by(EditionRow.id)
    )
    found: dict[int, dict[int, AlertEmail]] = defaultdict(dict)
    for subscriber, number, content in session.execute(statement):
        found[subscriber][number] = read(content)
    return dict(found)


def fold_into(session: Session, ids: Collection[int], edition_id: int) -> None:
    """Note that an issue holds some notices."""
    session.execute(update(EditionRow).where(EditionRow.id.in_(ids)).values(deferred_to=edition_id))


def fold_late(session: Session, *, now: datetime, after: timedelta) -> int:
    """Leave to the next issue what could not be sent for so long; how many."""
    statement = (
        update(EditionRow)
        .where(_NOTICES, EditionRow.state == "waiting", EditionRow.due_at < now - after)
        .values(state="deferred", next_attempt_at=None)
        .returning(EditionRow.id)
    )
    return len(session.scalars(statement).all())


def drop(session: Session, alert_id: int) -> None:
    """Give up the notices that wait, or were to be held, for this alert alone."""
    asked = EditionRow.content["alerts"]
    session.execute(
        update(EditionRow)
        .where(_NOTICES, EditionRow.state.in_(("waiting", "deferred")), EditionRow.deferred_to.is_(None))
        .where(func.jsonb_array_length(asked) == 1, asked[0]["id"].as_integer() == alert_id)
        .values(state="expired", next_attempt_at=None)
    )


def read(content: dict[str, Any]) -> AlertEmail:
    """A notice as it was stored."""
    return _NOTICE.validate_python(content)


def _told(notice: AlertEmail, at: datetime) -> Notification:
    alerts = frozenset(each.id for each in notice.alerts)
    return Notification(alerts, frozenset(notice.card.articles), notice.card.independent, at)
