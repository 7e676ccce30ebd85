"""Statistics of digest editions and alert emails by delivery state, per day or since a time."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Integer, Select, case, cast, func, select
from sqlalchemy.orm import Session

from service.store.subscribers import alerts, deliveries
from service.store.tables import DeliveryRow, EditionRow, SubscriberRow


@dataclass(frozen=True, slots=True)
class MailOutcome:
    """Counts and sizes of emails of one kind.

    emails: emails to send. failed: refused or expired. late: sent with an apology. doubtful:
    attempts with an unknown outcome. Stories and bytes are per email: stories of all emails to
    send, bytes only of sent ones.
    """

    kind: str
    emails: int
    sent: int
    waiting: int
    failed: int
    late: int
    empty: int
    deferred: int
    doubtful: int
    mean_stories: float
    max_stories: int
    mean_bytes: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class DailyOutcome:
    """Outcome of all emails of one kind and local date."""

    local_date: date
    outcome: MailOutcome


@dataclass(frozen=True, slots=True)
class MailStats:
    """Outcomes of recent emails by kind, current subscribers by state, and active alerts."""

    outcomes: tuple[MailOutcome, ...]
    subscribers: dict[str, int]
    alerts: int


@dataclass(frozen=True, slots=True)
class SentEmail:
    """An email sent to a subscriber."""

    id: int
    kind: str
    local_date: date
    subject: str


def list_sent_emails(session: Session, subscriber_id: int, *, limit: int) -> list[SentEmail]:
    """The latest emails sent to a subscriber, newest first; one statement."""
    statement = (
        select(EditionRow.id, EditionRow.kind, EditionRow.local_date, EditionRow.subject)
        .where(EditionRow.subscriber_id == subscriber_id, EditionRow.state == "sent")
        .order_by(EditionRow.created_at.desc(), EditionRow.id.desc())
        .limit(limit)
    )
    return [SentEmail(*row) for row in session.execute(statement)]


def load_daily_outcomes(session: Session, *, since: date) -> list[DailyOutcome]:
    """Outcomes by kind and local date, latest date first; one statement."""
    day = EditionRow.local_date
    statement = (
        _select_outcomes(day)
        .where(day >= since)
        .group_by(EditionRow.kind, day)
        .order_by(day.desc(), EditionRow.kind)
    )
    return [DailyOutcome(row[-1], MailOutcome(*row[:-1])) for row in session.execute(statement)]


def mail_stats(session: Session, *, since: datetime) -> MailStats:
    """Statistics of the emails created since `since`; three statements."""
    statement = _select_outcomes().where(EditionRow.created_at >= since).group_by(EditionRow.kind)
    states = select(SubscriberRow.state, func.count()).group_by(SubscriberRow.state)
    return MailStats(
        outcomes=tuple(MailOutcome(*row) for row in session.execute(statement)),
        subscribers=dict(session.execute(states).all()),
        alerts=alerts.count_active(session),
    )


def _select_outcomes(*columns: Any) -> Select[*tuple[Any, ...]]:
    """Select the columns of `MailOutcome`, then `columns`; withdrawn emails are left out."""
    to_send = EditionRow.state.not_in(("empty", "deferred"))
    doubtful = (
        select(func.count())
        .where(DeliveryRow.edition_id == EditionRow.id, DeliveryRow.state == "doubtful")
        .correlate(EditionRow)
        .scalar_subquery()
    )
    cards = case((to_send, EditionRow.cards))
    return select(
        EditionRow.kind,
        func.count().filter(to_send),
        *(func.count().filter(EditionRow.state == state) for state in ("sent", "waiting")),
        func.count().filter(EditionRow.state.in_(("refused", "expired"))),
        func.count().filter(EditionRow.state == "sent", EditionRow.late),
        *(func.count().filter(EditionRow.state == state) for state in ("empty", "deferred")),
        cast(func.coalesce(func.sum(doubtful), 0), Integer),
        func.coalesce(func.avg(cards), 0.0),
        func.coalesce(func.max(cards), 0),
        cast(func.coalesce(func.avg(EditionRow.bytes), 0), Integer),
        func.coalesce(func.max(EditionRow.bytes), 0),
        *columns,
    ).where(~deliveries.is_withdrawn())
