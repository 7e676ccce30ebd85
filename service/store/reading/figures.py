"""What an operator watches, counted when asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.store.reading.churn import Churn, churn
from service.store.reading.runs import RunView, last_finished
from service.store.tables import ArticleRow, FeedRow, StoryRow


@dataclass(frozen=True, slots=True)
class Figures:
    """Sizes of the store and the state of what fills it."""

    articles: int
    stories: dict[str, int]  #: by state
    feeds: dict[str, int]  #: by status
    feeds_failing: int  #: active ones whose last fetch failed
    runs: tuple[RunView, ...]  #: the latest finished one of each job
    churn: Churn  #: of the last day


def current_figures(session: Session, *, now: datetime) -> Figures:
    """All figures of this moment; six statements."""
    states = select(StoryRow.state, func.count()).group_by(StoryRow.state)
    statuses = select(FeedRow.status, func.count()).group_by(FeedRow.status)
    failing = select(func.count()).where(FeedRow.status == "active", FeedRow.error_count > 0)
    return Figures(
        articles=session.scalar(select(func.count()).select_from(ArticleRow)) or 0,
        stories=dict(session.execute(states).all()),
        feeds=dict(session.execute(statuses).all()),
        feeds_failing=session.scalar(failing) or 0,
        runs=last_finished(session),
        churn=churn(session, since=now - timedelta(days=1)),
    )
