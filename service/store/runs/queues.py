"""Queues of the jobs: their lengths, and the waiting time of their oldest entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, union_all
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import InstrumentedAttribute

from service.store.tables import ArticleRow, EditionRow, FeedRow, StoryRow


@dataclass(frozen=True, slots=True)
class Queue:
    """Number of waiting entries, and seconds since the oldest one began to wait."""

    length: int
    oldest: float


def measure_queues(session: Session, *, now: datetime) -> dict[str, Queue]:
    """Return the queues by name; one statement."""
    undescribed = or_(StoryRow.described_at.is_(None), StoryRow.described_at < StoryRow.changed_at)
    queues = (
        _queue("feeds", FeedRow.next_fetch_at, FeedRow.status == "active").where(
            FeedRow.next_fetch_at <= now
        ),
        _queue("place", ArticleRow.first_seen, ArticleRow.stage == "admitted"),
        _queue("reconcile", ArticleRow.first_seen, ArticleRow.stage == "placed"),
        _queue("describe", StoryRow.changed_at, undescribed & (StoryRow.state != "merged")),
        _queue("emails", EditionRow.created_at, EditionRow.state == "waiting"),
    )
    rows: Sequence[Any] = session.execute(union_all(*queues)).all()
    return {
        name: Queue(length, max((now - oldest).total_seconds(), 0) if oldest else 0)
        for name, length, oldest in rows
    }


def _queue(
    name: str, since: InstrumentedAttribute[datetime], condition: ColumnElement[bool]
) -> Select[str, int, datetime]:
    return select(literal(name), func.count(), func.min(since)).where(condition)
