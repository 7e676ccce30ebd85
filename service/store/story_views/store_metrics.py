"""What an operator watches, counted when asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.store.database.run_views import RunView, last_finished
from service.store.story_views.churn import Churn, churn
from service.store.tables import (
    ArticleRow,
    FeedRow,
    StoryRow,
    TransitionRow,
    WebhookBlockedStoryRow,
    WebhookRow,
)


@dataclass(frozen=True, slots=True)
class StoreMetrics:
    """Sizes of the store and the state of what fills it."""

    articles: int
    stories: dict[str, int]  #: by state
    feeds: dict[str, int]  #: by status
    feeds_failing: int  #: active ones whose last fetch failed
    runs: tuple[RunView, ...]  #: the latest finished one of each job
    churn: Churn  #: of the last day
    webhooks: dict[str, int]  #: by state
    changes_pending: int  #: that active webhooks were not told of, or may not want
    stories_held: int  #: of which an active webhook could not be told


def collect_metrics(session: Session, *, now: datetime) -> StoreMetrics:
    """All figures of this moment; nine statements."""
    states = select(StoryRow.state, func.count()).group_by(StoryRow.state)
    statuses = select(FeedRow.status, func.count()).group_by(FeedRow.status)
    failing = select(func.count()).where(FeedRow.status == "active", FeedRow.error_count > 0)
    hooks = select(WebhookRow.state, func.count()).group_by(WebhookRow.state)
    held = (
        select(func.count())
        .select_from(WebhookBlockedStoryRow)
        .join(WebhookRow, WebhookRow.id == WebhookBlockedStoryRow.webhook_id)
        .where(WebhookRow.state == "active")
    )
    return StoreMetrics(
        articles=session.scalar(select(func.count()).select_from(ArticleRow)) or 0,
        stories=dict(session.execute(states).all()),
        feeds=dict(session.execute(statuses).all()),
        feeds_failing=session.scalar(failing) or 0,
        runs=last_finished(session),
        churn=churn(session, since=now - timedelta(days=1)),
        webhooks=dict(session.execute(hooks).all()),
        changes_pending=_pending(session),
        stories_held=session.scalar(held) or 0,
    )


def _pending(session: Session) -> int:
    """Changes beyond what each active webhook was told, and those that wait with a held story."""
    beyond = select(func.count()).where(
        WebhookRow.state == "active", TransitionRow.id > WebhookRow.last_delivered_id
    )
    waiting = (
        select(func.count())
        .select_from(WebhookBlockedStoryRow)
        .join(WebhookRow, WebhookRow.id == WebhookBlockedStoryRow.webhook_id)
        .join(TransitionRow, TransitionRow.story_id == WebhookBlockedStoryRow.story_id)
        .where(
            WebhookRow.state == "active",
            TransitionRow.id >= WebhookBlockedStoryRow.next_transition_id,
            TransitionRow.id <= WebhookRow.last_delivered_id,
        )
    )
    return session.scalar(select(beyond.scalar_subquery() + waiting.scalar_subquery())) or 0
