"""Subscribers of the digest: opt-in state, delivery schedule and filters."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import exists, func, select, true, update
from sqlalchemy.orm import Session

from service.domain.subscribers.digests.schedule import DeliverySchedule
from service.domain.subscribers.filters import Filters
from service.errors import (
    AlreadyExistsError,
    BadInputError,
    NotFoundError,
    SuppressedAddressError,
)
from service.store.catalogue.known_names import require_known_names
from service.store.database.arrays import equals_any
from service.store.subscribers import suppression
from service.store.tables import AlertRow, SubscriberRow

_FILTERS = TypeAdapter(Filters)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A subscriber of the digest in any state of the opt-in."""

    id: int
    address: str
    state: str  #: pending, active, stopped or bounced
    schedule: DeliverySchedule
    filters: Filters
    schedule_since: datetime
    stop_reason: str | None
    request_number: int  #: of the latest request; counts from 1


def add(
    session: Session,
    address: str,
    schedule: DeliverySchedule,
    filters: Filters,
    *,
    now: datetime,
    replace_pending: bool = False,
) -> Subscriber:
    """Add a pending subscriber; an earlier subscriber who stopped becomes pending again.

    An address on the suppression list stays stopped, so that no link of an old email activates it.
    With `replace_pending`, new settings replace those of a pending subscriber.

    Raises:
        SuppressedAddressError: the address is on the suppression list.
        AlreadyExistsError: the address is active, or pending without `replace_pending`.
        BadInputError: an outlet or storyline of the filters does not exist.
    """
    _require_known(session, filters, Filters())
    if reason := suppression.find(session, address):
        raise SuppressedAddressError(
            f"{address} is on the suppression list ({reason}); emails to this address are not "
            "allowed. If its owner requests emails, run samestory subscribers unsuppress"
        )
    row = _find_row(session, address, lock=True) or SubscriberRow(
        address=address, created_at=now, request_number=0
    )
    if row.state == "active":
        raise AlreadyExistsError(
            f"{address} is already subscribed as subscriber {row.id}; "
            "use `samestory subscribers set` to change preferences"
        )
    if row.state == "pending" and not replace_pending:
        raise AlreadyExistsError(
            f"{address} is subscriber {row.id} and has not confirmed yet; "
            "change this subscriber, or remove it and add it again"
        )
    row.state, row.stop_reason, row.confirmed_at = "pending", None, None
    row.request_number += 1
    _write_preferences(row, schedule, filters, now)
    session.add(row)
    session.flush()
    return _subscriber(row)


def get_by_address(session: Session, address: str) -> Subscriber:
    """The subscriber with this address, case-insensitive; raises NotFoundError."""
    row = _find_row(session, address)
    if row is None:
        raise NotFoundError("subscriber", address)
    return _subscriber(row)


def get(session: Session, subscriber_id: int) -> Subscriber:
    """One subscriber; raises NotFoundError."""
    return _subscriber(_get_row(session, subscriber_id))


def find_request_number(session: Session, subscriber_id: int) -> int:
    """Return the number of a subscriber's latest request; 1 if there is no such subscriber."""
    statement = select(SubscriberRow.request_number).where(SubscriberRow.id == subscriber_id)
    return session.scalar(statement) or 1


def list_all(session: Session) -> list[Subscriber]:
    """All subscribers in any state, by address."""
    rows = session.scalars(select(SubscriberRow).order_by(SubscriberRow.address))
    return [_subscriber(row) for row in rows]


def list_page(session: Session, *, after: int, limit: int) -> list[Subscriber]:
    """Subscribers in any state with an id above `after`, by id."""
    statement = select(SubscriberRow).where(SubscriberRow.id > after)
    rows = session.scalars(statement.order_by(SubscriberRow.id).limit(limit))
    return [_subscriber(row) for row in rows]


def list_active(
    session: Session, *, after: int, limit: int, with_alerts: bool = False
) -> list[Subscriber]:
    """Active subscribers with an id above `after`, by id; optionally only those with alerts."""
    statement = (
        select(SubscriberRow)
        .where(SubscriberRow.state == "active", SubscriberRow.id > after)
        .order_by(SubscriberRow.id)
        .limit(limit)
    )
    if with_alerts:
        active_alert = (AlertRow.subscriber_id == SubscriberRow.id, AlertRow.stopped_at.is_(None))
        statement = statement.where(exists().where(*active_alert))
    return [_subscriber(row) for row in session.scalars(statement)]


def lock(session: Session, ids: Collection[int]) -> None:
    """Lock subscribers until the transaction ends; other runs that create their emails wait."""
    rows = select(SubscriberRow.id).where(equals_any(SubscriberRow.id, ids))
    session.execute(rows.order_by(SubscriberRow.id).with_for_update(key_share=True))


def confirm(
    session: Session, subscriber_id: int, *, now: datetime, request_number: int | None = None
) -> Subscriber:
    """Activate a pending subscriber; no effect in other states.

    With `request_number`, it also has no effect if the subscriber has made a later request. The
    subscriber stays locked until the transaction ends, so that a concurrent complaint is final.
    """
    row = _get_row(session, subscriber_id, lock=True)
    if row.state == "pending" and request_number in (None, row.request_number):
        row.state, row.confirmed_at, row.schedule_since = "active", now, now
        session.flush()
    return _subscriber(row)


def update_preferences(
    session: Session,
    subscriber_id: int,
    schedule: DeliverySchedule,
    filters: Filters,
    *,
    now: datetime,
) -> Subscriber:
    """Set schedule and filters; a changed schedule starts at `now`.

    Raises:
        NotFoundError: no such subscriber.
        BadInputError: an added outlet or storyline does not exist.
    """
    row = _get_row(session, subscriber_id)
    before = _subscriber(row)
    _require_known(session, filters, before.filters)
    since = row.schedule_since if before.schedule == schedule else now
    _write_preferences(row, schedule, filters, since)
    session.flush()
    return _subscriber(row)


def stop(
    session: Session,
    subscriber_id: int,
    reason: str,
    *,
    now: datetime,
    bounced: bool = False,
    complaint: bool = False,
) -> None:
    """Stop all emails to a subscriber; if already stopped, the first reason stays.

    A complaint replaces every other reason, and suppresses the address: it stays on the suppression
    list when the subscriber is removed.

    Raises:
        BadInputError: both `bounced` and `complaint` are set.
    """
    if bounced and complaint:
        raise BadInputError("A stop is either a bounce or a complaint, not both")
    if complaint:
        suppression.add(session, _get_row(session, subscriber_id).address, reason, now=now)
    receives = SubscriberRow.state.in_(("pending", "active"))
    session.execute(
        update(SubscriberRow)
        .where(SubscriberRow.id == subscriber_id, true() if complaint else receives)
        .values(state="bounced" if bounced else "stopped", stop_reason=reason)
    )


def remove(session: Session, subscriber_id: int) -> None:
    """Delete a subscriber with all editions, alerts and deliveries."""
    session.delete(_get_row(session, subscriber_id))


def _find_row(session: Session, address: str, *, lock: bool = False) -> SubscriberRow | None:
    statement = select(SubscriberRow).where(func.lower(SubscriberRow.address) == address.lower())
    if lock:
        statement = statement.with_for_update(key_share=True).execution_options(
            populate_existing=True
        )
    return session.scalars(statement).one_or_none()


def _get_row(session: Session, subscriber_id: int, *, lock: bool = False) -> SubscriberRow:
    row = session.get(
        SubscriberRow,
        subscriber_id,
        with_for_update={"key_share": True} if lock else None,
        populate_existing=lock,
    )
    if row is None:
        raise NotFoundError("subscriber", subscriber_id)
    return row


def _require_known(session: Session, filters: Filters, before: Filters) -> None:
    """Check the outlets and storylines that were added; those of earlier settings may be gone."""
    outlets = filters.followed_outlets | filters.muted_outlets
    storylines = filters.followed_storylines | filters.muted_storylines
    require_known_names(
        session,
        outlets=outlets - before.followed_outlets - before.muted_outlets,
        storylines=storylines - before.followed_storylines - before.muted_storylines,
    )


def _write_preferences(
    row: SubscriberRow, schedule: DeliverySchedule, filters: Filters, since: datetime
) -> None:
    row.time_zone, row.hour, row.days = schedule.time_zone.key, schedule.hour, sorted(schedule.days)
    row.schedule_since = since
    row.language = filters.language
    content: dict[str, Any] = _FILTERS.dump_python(filters, mode="json")
    row.preferences = {
        name: sorted(value) if isinstance(value, list) else value for name, value in content.items()
    }


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):  # the zone data of this machine lack it
        return ZoneInfo("UTC")


def _subscriber(row: SubscriberRow) -> Subscriber:
    schedule = DeliverySchedule(_zone(row.time_zone), row.hour, frozenset(row.days))
    try:
        stored = _FILTERS.validate_python(row.preferences)
    except ValidationError:  # written by another version
        stored = Filters()
    filters = replace(stored, language=row.language)
    return Subscriber(
        row.id,
        row.address,
        row.state,
        schedule,
        filters,
        row.schedule_since,
        row.stop_reason,
        row.request_number,
    )
