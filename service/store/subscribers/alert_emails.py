"""Alert emails in the outbox: past notifications, rate limit, and deferral to the next digest."""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from service.domain.subscribers.alerts import AlertEmail, Notification
from service.store.subscribers import deliveries
from service.store.tables import EditionRow

_CONTENT = TypeAdapter(AlertEmail)
_IS_ALERT = EditionRow.kind == "alert"


def load_notifications(
    session: Session, subscribers: Collection[int], *, since: datetime
) -> dict[int, list[Notification]]:
    """Notifications of each subscriber created since `since`, deferred ones included."""
    statement = select(EditionRow.subscriber_id, EditionRow.content, EditionRow.created_at).where(
        EditionRow.subscriber_id.in_(subscribers), _IS_ALERT, EditionRow.created_at >= since
    )
    notifications: dict[int, list[Notification]] = defaultdict(list)
    for subscriber, content, created_at in session.execute(statement):
        email = parse_content(content)
        alerts = frozenset(each.id for each in email.alerts)
        articles = frozenset(email.card.articles)
        notifications[subscriber].append(
            Notification(alerts, articles, email.card.independent, created_at)
        )
    return dict(notifications)


def count_recent(
    session: Session, subscribers: Collection[int], *, since: datetime
) -> Counter[int]:
    """Number of alert emails per subscriber that were sent since `since` or wait to be sent.

    An email that waited for the mail server counts when it is sent, not when it was created.
    """
    counts = (EditionRow.state == "waiting") | (EditionRow.sent_at > since)
    statement = (
        select(EditionRow.subscriber_id, func.count())
        .where(EditionRow.subscriber_id.in_(subscribers), _IS_ALERT, counts)
        .group_by(EditionRow.subscriber_id)
    )
    return Counter(dict(session.execute(statement).all()))


def add(
    session: Session,
    subscriber: int,
    email: AlertEmail,
    local_date: date,
    *,
    now: datetime,
    defer: bool,
) -> bool:
    """Store an alert email for sending, or with `defer` for the next digest.

    Returns False without effect if this story with this coverage is stored already.
    """
    values: dict[str, Any] = {
        "kind": "alert",
        "subscriber_id": subscriber,
        "local_date": local_date,
        "due_at": now,
        "created_at": now,
        "state": "deferred" if defer else "waiting",
        "next_attempt_at": None if defer else now,
        "subject": email.card.headline,
        "content": _CONTENT.dump_python(email, mode="json"),
        "cards": 1,
        "story_id": email.card.story,
        "independent_coverage": email.card.independent,
    }
    statement = insert(EditionRow).values(values).on_conflict_do_nothing().returning(EditionRow.id)
    return session.scalar(statement) is not None


def load_deferred(
    session: Session, subscribers: Collection[int], *, since: datetime
) -> dict[int, dict[int, AlertEmail]]:
    """Alert emails created since `since` that wait for each subscriber's next digest, by their ids.

    Those of a digest that expired unsent wait again.
    """
    digest = aliased(EditionRow)
    statement = (
        select(EditionRow.subscriber_id, EditionRow.id, EditionRow.content)
        .outerjoin(digest, digest.id == EditionRow.deferred_to)
        .where(EditionRow.subscriber_id.in_(subscribers), _IS_ALERT, EditionRow.state == "deferred")
        .where(EditionRow.created_at >= since, or_(digest.id.is_(None), digest.state == "expired"))
        .order_by(EditionRow.id)
    )
    deferred: dict[int, dict[int, AlertEmail]] = defaultdict(dict)
    for subscriber, edition_id, content in session.execute(statement):
        deferred[subscriber][edition_id] = parse_content(content)
    return dict(deferred)


def assign_to_digest(session: Session, ids: Collection[int], edition_id: int) -> None:
    """Record that a digest contains these deferred alert emails."""
    session.execute(update(EditionRow).where(EditionRow.id.in_(ids)).values(deferred_to=edition_id))


def defer_overdue(session: Session, *, now: datetime, after: timedelta) -> int:
    """Defer alert emails that have waited longer than `after`; returns their number."""
    statement = (
        update(EditionRow)
        .where(_IS_ALERT, EditionRow.state == "waiting", EditionRow.due_at < now - after)
        .where(~deliveries.is_being_sent())
        .values(state="deferred", next_attempt_at=None)
        .returning(EditionRow.id)
    )
    return len(session.scalars(statement).all())


def cancel_for_alert(session: Session, alert_id: int) -> None:
    """Cancel unsent emails that belong to this alert only."""
    alerts = EditionRow.content["alerts"]
    session.execute(
        update(EditionRow)
        .where(
            _IS_ALERT,
            EditionRow.state.in_(("waiting", "deferred")),
            EditionRow.deferred_to.is_(None),
        )
        .where(func.jsonb_array_length(alerts) == 1, alerts[0]["id"].as_integer() == alert_id)
        .values(state="expired", next_attempt_at=None)
    )


def parse_content(content: dict[str, Any]) -> AlertEmail:
    """Parse the stored content of an alert email."""
    return _CONTENT.validate_python(content)
