"""Alerts: the saved queries of subscribers."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from service.domain.subscribers.alerts import MAX_ALERTS, Alert, AlertQuery
from service.errors import AlreadyExistsError, BadInputError, NotFoundError
from service.store.catalogue.known_names import require_known_names
from service.store.subscribers import alert_emails
from service.store.tables import AlertRow, SubscriberRow

_QUERY = TypeAdapter(AlertQuery)


@dataclass(frozen=True, slots=True)
class SubscriberAlert:
    """An alert with its subscriber's id and whether it was stopped."""

    alert: Alert
    subscriber: int
    stopped: bool


def add(session: Session, subscriber_id: int, query: AlertQuery, *, now: datetime) -> Alert:
    """Save a query for a subscriber; existing matches trigger it only when they grow.

    Raises:
        NotFoundError: no such subscriber.
        AlreadyExistsError: the subscriber has an alert with this query.
        BadInputError: the subscriber has `MAX_ALERTS` alerts, or an outlet does not exist.
    """
    require_known_names(session, outlets=query.outlets)
    # The lock keeps concurrent requests from exceeding the limit.
    owner = select(SubscriberRow.id).where(SubscriberRow.id == subscriber_id)
    if session.scalar(owner.with_for_update(key_share=True)) is None:
        raise NotFoundError("subscriber", subscriber_id)
    existing = list_alerts(session, subscriber_id)
    if any(each.query == query for each in existing):
        raise AlreadyExistsError(f"This alert already exists: {query}")
    if len(existing) >= MAX_ALERTS:
        raise BadInputError(
            f"A subscriber may have at most {MAX_ALERTS} alerts: remove one before adding another"
        )
    content: dict[str, object] = _QUERY.dump_python(query, mode="json")
    stored = {
        name: sorted(value) if isinstance(value, list) else value for name, value in content.items()
    }
    row = AlertRow(subscriber_id=subscriber_id, query=stored, created_at=now)
    session.add(row)
    session.flush()
    return _alert(row)


def get(session: Session, alert_id: int) -> SubscriberAlert:
    """One alert, active or stopped; raises NotFoundError."""
    row = session.get(AlertRow, alert_id)
    if row is None:
        raise NotFoundError("alert", alert_id)
    return SubscriberAlert(_alert(row), row.subscriber_id, row.stopped_at is not None)


def list_by_subscriber(session: Session, subscribers: Collection[int]) -> dict[int, list[Alert]]:
    """Active alerts of each subscriber that has any, oldest first."""
    statement = (
        select(AlertRow)
        .where(AlertRow.subscriber_id.in_(subscribers), AlertRow.stopped_at.is_(None))
        .order_by(AlertRow.id)
    )
    alerts: dict[int, list[Alert]] = defaultdict(list)
    for row in session.scalars(statement):
        alerts[row.subscriber_id].append(_alert(row))
    return dict(alerts)


def list_alerts(
    session: Session, subscriber_id: int, *, after: int = 0, limit: int | None = None
) -> list[Alert]:
    """Active alerts of a subscriber with an id above `after`, oldest first."""
    statement = (
        select(AlertRow)
        .where(AlertRow.subscriber_id == subscriber_id, AlertRow.stopped_at.is_(None))
        .where(AlertRow.id > after)
        .order_by(AlertRow.id)
        .limit(limit)
    )
    return [_alert(row) for row in session.scalars(statement)]


def any_active(session: Session) -> bool:
    """Whether any alert is active."""
    return bool(session.scalar(select(exists().where(AlertRow.stopped_at.is_(None)))))


def count_active(session: Session) -> int:
    """Number of active alerts."""
    return session.scalar(select(func.count()).where(AlertRow.stopped_at.is_(None))) or 0


def stop(session: Session, alert_id: int, *, now: datetime) -> None:
    """Stop an alert and cancel its unsent emails; idempotent."""
    alert_emails.cancel_for_alert(session, alert_id)
    session.execute(
        update(AlertRow)
        .where(AlertRow.id == alert_id, AlertRow.stopped_at.is_(None))
        .values(stopped_at=now)
    )


def _alert(row: AlertRow) -> Alert:
    return Alert(row.id, _QUERY.validate_python(row.query), row.created_at)
