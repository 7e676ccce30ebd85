"""Gauges for operators: sizes of the database, feeds, job runs, churn and webhook backlog."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.store.articles.model_choices import Reembedding, measure_reembedding
from service.store.runs import maintenance
from service.store.runs.queues import Queue, measure_queues
from service.store.runs.status import CurrentRun, load_current_runs
from service.store.runs.views import RunView, load_last_finished_runs
from service.store.story_views.churn import RecentChurn, measure_churn
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
    """Gauges of the database at one point in time."""

    articles: int
    stories: dict[str, int]  #: by state
    feeds: dict[str, int]  #: by status
    feeds_failing: int  #: active feeds whose last fetch failed
    runs: tuple[RunView, ...]  #: latest finished run of each job
    current_runs: tuple[CurrentRun, ...]  #: of all processes
    queues: dict[str, Queue]  #: by kind of the waiting items
    maintenance: bool
    reembedding: Reembedding | None  #: None unless the embedding model changes
    churn: RecentChurn  #: of the last day
    webhooks: dict[str, int]  #: by state
    changes_pending: int  #: transitions not yet delivered to active webhooks, before filters
    blocked_stories: int  #: stories whose delivery to an active webhook is blocked


def collect_metrics(session: Session, *, now: datetime) -> StoreMetrics:
    """Compute all gauges; fourteen to sixteen statements."""
    states = select(StoryRow.state, func.count()).group_by(StoryRow.state)
    statuses = select(FeedRow.status, func.count()).group_by(FeedRow.status)
    failing = select(func.count()).where(FeedRow.status == "active", FeedRow.error_count > 0)
    hooks = select(WebhookRow.state, func.count()).group_by(WebhookRow.state)
    blocked = (
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
        runs=load_last_finished_runs(session),
        current_runs=tuple(load_current_runs(session).values()),
        queues=measure_queues(session, now=now),
        maintenance=maintenance.find(session) is not None,
        reembedding=measure_reembedding(session),
        churn=measure_churn(session, since=now - timedelta(days=1)),
        webhooks=dict(session.execute(hooks).all()),
        changes_pending=_count_pending_changes(session),
        blocked_stories=session.scalar(blocked) or 0,
    )


def _count_pending_changes(session: Session) -> int:
    """Transitions after each active webhook's last delivery, and those of blocked stories."""
    undelivered = select(func.count()).where(
        WebhookRow.state == "active", TransitionRow.id > WebhookRow.last_delivered_id
    )
    blocked = (
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
    return session.scalar(select(undelivered.scalar_subquery() + blocked.scalar_subquery())) or 0
