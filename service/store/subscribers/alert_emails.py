"""The notices of alerts in the ledger: what was told, what waits, what the next issue holds."""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from service.domain.subscribers.alerts import Notice, Told
from service.store.tables import IssueRow

_NOTICE = TypeAdapter(Notice)
_NOTICES = IssueRow.kind == "notice"


def told_to(
    session: Session, subscribers: Collection[int], *, since: datetime
) -> dict[int, list[Told]]:
    """What each subscriber was told since a moment by notices, those that issues hold among them."""
    statement = select(IssueRow.subscriber_id, IssueRow.content, IssueRow.made_at).where(
        IssueRow.subscriber_id.in_(subscribers), _NOTICES, IssueRow.made_at >= since
    )
    found: dict[int, list[Told]] = defaultdict(list)
    for subscriber, content, made_at in session.execute(statement):
        found[subscriber].append(_told(read(content), made_at))
    return dict(found)


def sent_to(session: Session, subscribers: Collection[int], *, since: datetime) -> Counter[int]:
    """How many notices each subscriber was sent since a moment, or will be."""
    statement = (
        select(IssueRow.subscriber_id, func.count())
        .where(IssueRow.subscriber_id.in_(subscribers), _NOTICES)
        .where(IssueRow.made_at > since, IssueRow.state != "folded")
        .group_by(IssueRow.subscriber_id)
    )
    return Counter(dict(session.execute(statement).all()))


def make(
    session: Session,
    subscriber: int,
    notice: Notice,
    local_date: date,
    *,
    now: datetime,
    fold: bool,
) -> bool:
    """Write a notice before it is sent, or before an issue holds it; whether it is a new one."""
    values: dict[str, Any] = {
        "kind": "notice",
        "subscriber_id": subscriber,
        "local_date": local_date,
        "due_at": now,
        "made_at": now,
        "state": "folded" if fold else "waiting",
        "next_attempt_at": None if fold else now,
        "subject": notice.card.headline,
        "content": _NOTICE.dump_python(notice, mode="json"),
        "cards": 1,
        "story_id": notice.card.story,
        "reached": notice.card.independent,
    }
    statement = insert(IssueRow).values(values).on_conflict_do_nothing().returning(IssueRow.id)
    return session.scalar(statement) is not None


def folded(
    session: Session, subscribers: Collection[int], *, since: datetime
) -> dict[int, dict[int, Notice]]:
    """The notices made since a moment that each subscriber's next issue is to hold, by their ids.

    One that an issue held which never came is held again.
    """
    holder = aliased(IssueRow)
    statement = (
        select(IssueRow.subscriber_id, IssueRow.id, IssueRow.content)
        .outerjoin(holder, holder.id == IssueRow.folded_into)
        .where(IssueRow.subscriber_id.in_(subscribers), _NOTICES, IssueRow.state == "folded")
        .where(IssueRow.made_at >= since, or_(holder.id.is_(None), holder.state == "expired"))
        .order_by(IssueRow.id)
    )
    found: dict[int, dict[int, Notice]] = defaultdict(dict)
    for subscriber, number, content in session.execute(statement):
        found[subscriber][number] = read(content)
    return dict(found)


def fold_into(session: Session, ids: Collection[int], issue_id: int) -> None:
    """Note that an issue holds some notices."""
    session.execute(update(IssueRow).where(IssueRow.id.in_(ids)).values(folded_into=issue_id))


def fold_late(session: Session, *, now: datetime, after: timedelta) -> int:
    """Leave to the next issue what could not be sent for so long; how many."""
    statement = (
        update(IssueRow)
        .where(_NOTICES, IssueRow.state == "waiting", IssueRow.due_at < now - after)
        .values(state="folded", next_attempt_at=None)
        .returning(IssueRow.id)
    )
    return len(session.scalars(statement).all())


def drop(session: Session, alert_id: int) -> None:
    """Give up the notices that wait, or were to be held, for this alert alone."""
    asked = IssueRow.content["alerts"]
    session.execute(
        update(IssueRow)
        .where(_NOTICES, IssueRow.state.in_(("waiting", "folded")), IssueRow.folded_into.is_(None))
        .where(func.jsonb_array_length(asked) == 1, asked[0]["id"].as_integer() == alert_id)
        .values(state="expired", next_attempt_at=None)
    )


def read(content: dict[str, Any]) -> Notice:
    """A notice as it was stored."""
    return _NOTICE.validate_python(content)


def _told(notice: Notice, at: datetime) -> Told:
    alerts = frozenset(each.id for each in notice.alerts)
    return Told(alerts, frozenset(notice.card.articles), notice.card.independent, at)
