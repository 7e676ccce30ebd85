"""Alerts: the saved queries of subscribers."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from service.domain.subscribers.alerts import MOST, Alert, AlertQuery
from service.errors import BadInputError, NotFoundError, TakenError
from service.store.subscribers import alert_emails
from service.store.tables import AlertRow, SubscriberRow

_QUERY = TypeAdapter(AlertQuery)


@dataclass(frozen=True, slots=True)
class SubscriberAlert:
    """An alert, whose it is, and whether it was stopped."""

    alert: Alert
    subscriber: int
    stopped: bool


def add(session: Session, subscriber_id: int, query: AlertQuery, *, now: datetime) -> Alert:
    """Save a query for a subscriber; what matches it already is known and not told.

    Raises:
        NotFoundError: there is no such subscriber.
        TakenError: they have this one.
        BadInputError: they have as many as they may.
    """
    # Two requests at once are one more than one.
    owner = select(SubscriberRow.id).where(SubscriberRow.id == subscriber_id).with_for_update()
    if session.scalar(owner) is None:
        raise NotFoundError("subscriber", subscriber_id)
    known = of_subscribers(session, [subscriber_id]).get(subscriber_id, [])
    if any(each.query == query for each in known):
        raise TakenError(f"there is such an alert already: {query}")
    if len(known) >= MOST:
        raise BadInputError(f"a subscriber may have {MOST} alerts; remove one first")
    row = AlertRow(subscriber_id=subscriber_id, query=_stored(query), created_at=now)
    session.add(row)
    session.flush()
    return _alert(row)


def get(session: Session, alert_id: int) -> SubscriberAlert:
    """One alert, stopped ones too; NotFoundError if there is none."""
    row = session.get(AlertRow, alert_id)
    if row is None:
        raise NotFoundError("alert", alert_id)
    return SubscriberAlert(_alert(row), row.subscriber_id, row.stopped_at is not None)


def of_subscribers(session: Session, subscribers: Collection[int]) -> dict[int, list[Alert]]:
    """The alerts of each subscriber who has some, without stopped ones, the oldest first."""
    statement = (
        select(AlertRow)
        .where(AlertRow.subscriber_id.in_(subscribers), AlertRow.stopped_at.is_(None))
        .order_by(AlertRow.id)
    )
    found: dict[int, list[Alert]] = defaultdict(list)
    for row in session.scalars(statement):
        found[row.subscriber_id].append(_alert(row))
    return dict(found)


def listed(
    session: Session, subscriber_id: int, *, after: int = 0, limit: int | None = None
) -> list[Alert]:
    """A subscriber's alerts without stopped ones, or so many after a number, the oldest first."""
    statement = (
        select(AlertRow)
        .where(AlertRow.subscriber_id == subscriber_id, AlertRow.stopped_at.is_(None))
        .where(AlertRow.id > after)
        .order_by(AlertRow.id)
        .limit(limit)
    )
    return [_alert(row) for row in session.scalars(statement)]


def any_active(session: Session) -> bool:
    """Whether any alert is to be looked at."""
    return bool(session.scalar(select(exists().where(AlertRow.stopped_at.is_(None)))))


def count(session: Session) -> int:
    """How many alerts are to be looked at."""
    return session.scalar(select(func.count()).where(AlertRow.stopped_at.is_(None))) or 0


def stop(session: Session, alert_id: int, *, now: datetime) -> None:
    """Tell nothing more of an alert, not even what waits; again and again changes nothing."""
    alert_emails.drop(session, alert_id)
    session.execute(
        update(AlertRow)
        .where(AlertRow.id == alert_id, AlertRow.stopped_at.is_(None))
        .values(stopped_at=now)
    )


def _stored(query: AlertQuery) -> dict[str, object]:
    found: dict[str, object] = _QUERY.dump_python(query, mode="json")
    return {
        name: sorted(value) if isinstance(value, list) else value for name, value in found.items()
    }


def _alert(row: AlertRow) -> Alert:
    return Alert(row.id, _QUERY.validate_python(row.query), row.created_at)
