"""What became of the emails: editions of the digest and notices of alerts, day by day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Integer, Select, case, cast, func, select
from sqlalchemy.orm import Session

from service.store.subscribers import alerts
from service.store.tables import DeliveryRow, EditionRow, SubscriberRow


@dataclass(frozen=True, slots=True)
class MailOutcome:
    """What became of emails of one kind.

    recipients: those that were to be sent. failed: refused, or given up. late: sent, and saying that
    they are. doubtful: attempts of which nobody knows whether they were taken. Cards and bytes are
    those of one email, cards of all that were made, bytes of those that were sent.
    """

    kind: str
    recipients: int
    sent: int
    waiting: int
    failed: int
    late: int
    empty: int
    deferred: int
    doubtful: int
    mean_cards: float
    most_cards: int
    mean_bytes: int
    most_bytes: int


@dataclass(frozen=True, slots=True)
class DailyOutcome:
    """All issues of one local date, or all notices."""

    local_date: date
    outcome: MailOutcome


@dataclass(frozen=True, slots=True)
class MailStats:
    """Emails since a moment, by kind; subscribers by state, and alerts, at present."""

    outcomes: tuple[MailOutcome, ...]
    subscribers: dict[str, int]
    alerts: int


@dataclass(frozen=True, slots=True)
class SentEmail:
    """An email that went to a subscriber."""

    id: int
    kind: str
    local_date: date
    subject: str


def past_emails(session: Session, subscriber_id: int, *, limit: int) -> list[SentEmail]:
    """The latest emails that went to a subscriber, the last one first; one statement."""
    statement = (
        select(EditionRow.id, EditionRow.kind, EditionRow.local_date, EditionRow.subject)
        .where(EditionRow.subscriber_id == subscriber_id, EditionRow.state == "sent")
        .order_by(EditionRow.created_at.desc(), EditionRow.id.desc())
        .limit(limit)
    )
    return [SentEmail(*row) for row in session.execute(statement)]


def daily_outcomes(session: Session, *, since: date) -> list[DailyOutcome]:
    """What became of the emails of each local date, the latest first; one statement."""
    day = EditionRow.local_date
    statement = (
        _counted(day)
        .where(day >= since)
        .group_by(EditionRow.kind, day)
        .order_by(day.desc(), EditionRow.kind)
    )
    return [DailyOutcome(row[-1], MailOutcome(*row[:-1])) for row in session.execute(statement)]


def mail_stats(session: Session, *, since: datetime) -> MailStats:
    """What became of the emails made since a moment; three statements."""
    statement = _counted().where(EditionRow.created_at >= since).group_by(EditionRow.kind)
    states = select(SubscriberRow.state, func.count()).group_by(SubscriberRow.state)
    return MailStats(
        outcomes=tuple(MailOutcome(*row) for row in session.execute(statement)),
        subscribers=dict(session.execute(states).all()),
        alerts=alerts.count(session),
    )


def _counted(*others: Any) -> Select[*tuple[Any, ...]]:
    """The columns of `Outcome`, and some others."""
    goes = EditionRow.state.not_in(("empty", "deferred"))
    doubtful = (
        select(func.count())
        .where(DeliveryRow.edition_id == EditionRow.id, DeliveryRow.state == "doubtful")
        .correlate(EditionRow)
        .scalar_subquery()
    )
    cards = case((goes, EditionRow.cards))
    return select(
        EditionRow.kind,
        func.count().filter(goes),
        *(func.count().filter(EditionRow.state == state) for state in ("sent", "waiting")),
        func.count().filter(EditionRow.state.in_(("refused", "expired"))),
        func.count().filter(EditionRow.state == "sent", EditionRow.late),
        *(func.count().filter(EditionRow.state == state) for state in ("empty", "deferred")),
        cast(func.coalesce(func.sum(doubtful), 0), Integer),
        func.coalesce(func.avg(cards), 0.0),
        func.coalesce(func.max(cards), 0),
        cast(func.coalesce(func.avg(EditionRow.bytes), 0), Integer),
        func.coalesce(func.max(EditionRow.bytes), 0),
        *others,
    )
