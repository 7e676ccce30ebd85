"""Subscribers of the digest."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from service.domain.subscribers.digest_schedule import DeliverySchedule
from service.domain.subscribers.digest_selection import Filters
from service.errors import NotFoundError, TakenError
from service.store.tables import AlertRow, SubscriberRow

_TASTE = TypeAdapter(Filters)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody who gets the digest, or did, or was asked whether they want it."""

    id: int
    address: str
    state: str  #: pending, active, stopped or bounced
    schedule: DeliverySchedule
    filters: Filters
    schedule_since: datetime
    stop_reason: str | None


def add(
    session: Session,
    address: str,
    schedule: DeliverySchedule,
    filters: Filters,
    *,
    now: datetime,
    anew: bool = False,
) -> Subscriber:
    """A pending subscriber; one who had stopped is asked again, with `anew` one who is pending, too.

    Raises:
        TakenError: the address gets the digest already, or was asked before.
    """
    row = _row(session, address) or SubscriberRow(address=address, created_at=now)
    if row.state == "active":
        raise TakenError(
            f"{address} is subscribed already, as subscriber {row.id}; "
            "see samestory subscribers set"
        )
    if row.state == "pending" and not anew:
        raise TakenError(
            f"{address} was asked already, as subscriber {row.id}, and has not confirmed; "
            "change that one, or remove it and add it again"
        )
    row.state, row.stop_reason, row.confirmed_at = "pending", None, None
    _write(row, schedule, filters, now)
    session.add(row)
    session.flush()
    return _subscriber(row)


def find(session: Session, address: str) -> Subscriber:
    """The subscriber with an address, however it is capitalised; NotFoundError if there is none."""
    row = _row(session, address)
    if row is None:
        raise NotFoundError("subscriber", address)
    return _subscriber(row)


def get(session: Session, subscriber_id: int) -> Subscriber:
    """One subscriber; NotFoundError if there is none."""
    return _subscriber(_by_id(session, subscriber_id))


def listed(session: Session) -> list[Subscriber]:
    """All of them, by address."""
    return [
        _subscriber(row)
        for row in session.scalars(select(SubscriberRow).order_by(SubscriberRow.address))
    ]


def some(session: Session, *, after: int, limit: int) -> list[Subscriber]:
    """Those of any state, by id, from beyond one."""
    statement = select(SubscriberRow).where(SubscriberRow.id > after)
    rows = session.scalars(statement.order_by(SubscriberRow.id).limit(limit))
    return [_subscriber(row) for row in rows]


def active(
    session: Session, *, after: int, limit: int, with_alerts: bool = False
) -> list[Subscriber]:
    """Those who get emails, by id, from beyond one; on demand those alone who have alerts."""
    statement = (
        select(SubscriberRow)
        .where(SubscriberRow.state == "active", SubscriberRow.id > after)
        .order_by(SubscriberRow.id)
        .limit(limit)
    )
    if with_alerts:
        mine = (AlertRow.subscriber_id == SubscriberRow.id, AlertRow.stopped_at.is_(None))
        statement = statement.where(exists().where(*mine))
    return [_subscriber(row) for row in session.scalars(statement)]


def confirm(session: Session, subscriber_id: int, *, now: datetime) -> Subscriber:
    """The second half of the opt-in; who confirmed before or has stopped stays as they are."""
    row = _by_id(session, subscriber_id)
    if row.state == "pending":
        row.state, row.confirmed_at, row.schedule_since = "active", now, now
        session.flush()
    return _subscriber(row)


def change(
    session: Session, subscriber_id: int, schedule: DeliverySchedule, filters: Filters, *, now: datetime
) -> Subscriber:
    """Set what somebody wants; a new rhythm counts from now on."""
    row = _by_id(session, subscriber_id)
    since = row.schedule_since if _subscriber(row).schedule == schedule else now
    _write(row, schedule, filters, since)
    session.flush()
    return _subscriber(row)


def stop(session: Session, subscriber_id: int, because: str, *, bounced: bool = False) -> None:
    """No further email; who has stopped before stays so for the first reason."""
    session.execute(
        update(SubscriberRow)
        .where(SubscriberRow.id == subscriber_id, SubscriberRow.state.in_(("pending", "active")))
        .values(state="bounced" if bounced else "stopped", stop_reason=because)
    )


def remove(session: Session, subscriber_id: int) -> None:
    """Forget somebody, with all issues and deliveries."""
    session.delete(_by_id(session, subscriber_id))


def _row(session: Session, address: str) -> SubscriberRow | None:
    lowered = func.lower(SubscriberRow.address) == address.lower()
    return session.scalars(select(SubscriberRow).where(lowered)).one_or_none()


def _by_id(session: Session, subscriber_id: int) -> SubscriberRow:
    row = session.get(SubscriberRow, subscriber_id)
    if row is None:
        raise NotFoundError("subscriber", subscriber_id)
    return row


def _write(row: SubscriberRow, schedule: DeliverySchedule, filters: Filters, since: datetime) -> None:
    row.time_zone, row.hour, row.days = schedule.time_zone.key, schedule.hour, sorted(schedule.days)
    row.language, row.preferences = filters.language, _stored(filters)
    row.schedule_since = since


def _stored(filters: Filters) -> dict[str, Any]:
    found: dict[str, Any] = _TASTE.dump_python(filters, mode="json")
    return {
        name: sorted(value) if isinstance(value, list) else value for name, value in found.items()
    }


def _subscriber(row: SubscriberRow) -> Subscriber:
    schedule = DeliverySchedule(ZoneInfo(row.time_zone), row.hour, frozenset(row.days))
    filters = replace(_taste(row.preferences), language=row.language)
    return Subscriber(
        row.id, row.address, row.state, schedule, filters, row.schedule_since, row.stop_reason
    )


def _taste(stored: dict[str, Any]) -> Filters:
    """What was stored; everybody's if another version wrote it."""
    try:
        return _TASTE.validate_python(stored)
    except ValidationError:
        return Filters()
