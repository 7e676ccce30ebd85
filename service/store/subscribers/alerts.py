"""Alerts: conditions of subscribers on stories."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from pydantic import TypeAdapter
from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from service.domain.queries.conditions import Field, HasReport, Query
from service.domain.queries.grammar import parse_query
from service.domain.subscribers.alerts import MAX_ALERTS, Alert, AlertConditions, SavedCondition
from service.domain.subscribers.digests.stories import DigestStory
from service.errors import AlreadyExistsError, BadInputError, NotFoundError
from service.store.catalogue.known_names import require_known_names
from service.store.queries import saved
from service.store.queries.saved import NOT_FOR_ALERTS, SavedQuery, require_followable
from service.store.queries.similar import select_similar_reports
from service.store.subscribers import alert_emails
from service.store.tables import AlertRow, SubscriberRow

log = structlog.get_logger()

_CONDITIONS = TypeAdapter(AlertConditions)


@dataclass(frozen=True, slots=True)
class SubscriberAlert:
    """An alert with its subscriber's id and whether it was stopped."""

    alert: Alert
    subscriber: int
    stopped: bool


def add(
    session: Session, subscriber_id: int, conditions: AlertConditions, *, now: datetime
) -> Alert:
    """Save an alert of a subscriber; existing matches trigger it only when they grow.

    Raises:
        NotFoundError: no such subscriber.
        AlreadyExistsError: the subscriber has an alert with these conditions.
        BadInputError: the subscriber has `MAX_ALERTS` alerts, an outlet or the saved query does not
            exist, or the saved query has a condition that needs other stories.
    """
    require_known_names(session, outlets=conditions.outlets)
    query_id = conditions.saved.id if conditions.saved else None
    if query_id:
        _require_matchable(saved.expand(session, Query(saved=(query_id,))))
    # The lock keeps concurrent requests from exceeding the limit.
    owner = select(SubscriberRow.id).where(SubscriberRow.id == subscriber_id)
    if session.scalar(owner.with_for_update(key_share=True)) is None:
        raise NotFoundError("subscriber", subscriber_id)
    existing = list_alerts(session, subscriber_id)
    for each in existing:
        if each.conditions == conditions:  # saved queries are not loaded here
            raise AlreadyExistsError(f"This alert already exists as alert {each.id}: {conditions}")
    if len(existing) >= MAX_ALERTS:
        raise BadInputError(
            f"A subscriber may have at most {MAX_ALERTS} alerts: stop one before adding another"
        )
    content: dict[str, object] = _CONDITIONS.dump_python(
        replace(conditions, saved=None), mode="json"
    )
    del content["saved"]
    stored = {
        name: sorted(value) if isinstance(value, list) else value for name, value in content.items()
    }
    row = AlertRow(
        subscriber_id=subscriber_id, conditions=stored, query_id=query_id, created_at=now
    )
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


def load_saved_queries(
    session: Session, alerts: Collection[Alert], stories: Collection[DigestStory], *, now: datetime
) -> list[Alert]:
    """Load the saved queries of alerts for some stories, with times relative to `now`.

    At most five statements for each query. Until the meaning of a query has a vector, and if the
    query is invalid, nothing matches it.
    """
    ids = {each.conditions.saved.id for each in alerts if each.conditions.saved}
    loaded = {each: _load_query(session, each, stories, now) for each in sorted(ids)}
    return [
        replace(each, conditions=replace(each.conditions, saved=SavedCondition(key, loaded[key])))
        if (key := each.conditions.saved.id if each.conditions.saved else "")
        else each
        for each in alerts
    ]


def _load_query(
    session: Session, query_id: str, stories: Collection[DigestStory], now: datetime
) -> Query:
    try:
        query = saved.resolve_followed(session, query_id, now=now)
    except BadInputError as error:  # saved by another version, or a name was removed since
        log.warning("alert has no query", action="query_invalid", query=query_id, error=str(error))
        query = None
    if query is None:
        return Query((HasReport(()),))
    articles = [report.article for story in stories for report in story.reports]
    return select_similar_reports(session, query, articles)


def list_usable_queries(session: Session, *, limit: int) -> list[SavedQuery]:
    """Saved queries that an alert can have, of the first `limit` ones; one statement."""
    listed = saved.list_queries(session, limit=limit)
    return [each for each in listed if _is_usable(each)]


def _is_usable(query: SavedQuery) -> bool:
    try:
        return _is_matchable(parse_query(query.q))
    except BadInputError:  # saved by another version
        return False


def any_with_saved_query(session: Session) -> bool:
    """Whether an active alert has a saved query."""
    used = exists().where(AlertRow.query_id.is_not(None), AlertRow.stopped_at.is_(None))
    return bool(session.scalar(select(used)))


def _require_matchable(query: Query) -> None:
    require_followable(query)
    if not _is_matchable(query):
        raise BadInputError(NOT_FOR_ALERTS)


def _is_matchable(query: Query) -> bool:
    return query.as_of is None and not query.values(Field.MISSING_OUTLET)


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
    conditions = _CONDITIONS.validate_python(row.conditions)
    if row.query_id:
        conditions = replace(conditions, saved=SavedCondition(row.query_id))
    return Alert(row.id, conditions, row.created_at)
