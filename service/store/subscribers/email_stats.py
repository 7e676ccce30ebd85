"""What became of the emails: editions of the digest and notices of alerts, day by day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Integer, Select, case, cast, func, select
from sqlalchemy.orm import Session

from service.store.subscribers import alerts
from service.store.tables import DeliveryRow, IssueRow, SubscriberRow


@dataclass(frozen=True, slots=True)
class Outcome:
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
    folded: int
    doubtful: int
    mean_cards: float
    most_cards: int
    mean_bytes: int
    most_bytes: int


@dataclass(frozen=True, slots=True)
class Edition:
    """All issues of one local date, or all notices."""

    local_date: date
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class MailFigures:
    """Emails since a moment, by kind; subscribers by state, and alerts, at present."""

    outcomes: tuple[Outcome, ...]
    subscribers: dict[str, int]
    alerts: int


@dataclass(frozen=True, slots=True)
class PastEmail:
    """An email that went to a subscriber."""

    id: int
    kind: str
    local_date: date
    subject: str


def past_emails(session: Session, subscriber_id: int, *, limit: int) -> list[PastEmail]:
    """The latest emails that went to a subscriber, the last one first; one statement."""
    statement = (
        select(IssueRow.id, IssueRow.kind, IssueRow.local_date, IssueRow.subject)
        .where(IssueRow.subscriber_id == subscriber_id, IssueRow.state == "sent")
        .order_by(IssueRow.made_at.desc(), IssueRow.id.desc())
        .limit(limit)
    )
    return [PastEmail(*row) for row in session.execute(statement)]


def editions(session: Session, *, since: date) -> list[Edition]:
    """What became of the emails of each local date, the latest first; one statement."""
    day = IssueRow.local_date
    statement = (
        _counted(day)
        .where(day >= since)
        .group_by(IssueRow.kind, day)
        .order_by(day.desc(), IssueRow.kind)
    )
    return [Edition(row[-1], Outcome(*row[:-1])) for row in session.execute(statement)]


def mail_figures(session: Session, *, since: datetime) -> MailFigures:
    """What became of the emails made since a moment; three statements."""
    statement = _counted().where(IssueRow.made_at >= since).group_by(IssueRow.kind)
    states = select(SubscriberRow.state, func.count()).group_by(SubscriberRow.state)
    return MailFigures(
        outcomes=tuple(Outcome(*row) for row in session.execute(statement)),
        subscribers=dict(session.execute(states).all()),
        alerts=alerts.count(session),
    )


def _counted(*others: Any) -> Select[*tuple[Any, ...]]:
    """The columns of `Outcome`, and some others."""
    goes = IssueRow.state.not_in(("empty", "folded"))
    doubtful = (
        select(func.count())
        .where(DeliveryRow.issue_id == IssueRow.id, DeliveryRow.state == "doubtful")
        .correlate(IssueRow)
        .scalar_subquery()
    )
    cards = case((goes, IssueRow.cards))
    return select(
        IssueRow.kind,
        func.count().filter(goes),
        *(func.count().filter(IssueRow.state == state) for state in ("sent", "waiting")),
        func.count().filter(IssueRow.state.in_(("refused", "expired"))),
        func.count().filter(IssueRow.state == "sent", IssueRow.late),
        *(func.count().filter(IssueRow.state == state) for state in ("empty", "folded")),
        cast(func.coalesce(func.sum(doubtful), 0), Integer),
        func.coalesce(func.avg(cards), 0.0),
        func.coalesce(func.max(cards), 0),
        cast(func.coalesce(func.avg(IssueRow.bytes), 0), Integer),
        func.coalesce(func.max(IssueRow.bytes), 0),
        *others,
    )
