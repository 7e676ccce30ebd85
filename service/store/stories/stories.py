"""Stories, memberships and transitions: load current rows, write changes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Subquery, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.articles.model import SECONDS_PER_HOUR, ArticleId
from service.domain.grouping.story_changes import CurrentStory, ExistingStory
from service.store.database.arrays import equals_any
from service.store.story_views.as_of import is_member
from service.store.tables import (
    ArticleRow,
    MembershipRow,
    StoryRow,
    TransitionRow,
)


@dataclass(frozen=True, slots=True)
class NewMembership:
    """An article that joins a story, with its score and evidence."""

    article_id: int
    story_id: str
    score: float | None
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewTransition:
    """A transition to record."""

    story_id: str
    kind: str
    article_ids: Sequence[int] = ()
    other_story_id: str | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """Timestamp and cause of a change, with the job run or the decision behind it."""

    now: datetime
    cause: str
    run_id: int | None = None
    decision_id: int | None = None


def headline_article_id(session: Session, story_id: str) -> int | None:
    """The id of the article whose title is the story's headline."""
    return session.scalar(select(StoryRow.headline_article_id).where(StoryRow.id == story_id))


def story_of(
    session: Session, article_ids: Iterable[int], *, as_of: datetime | None = None
) -> dict[int, str]:
    """The story of each article at `as_of`; articles without a story are omitted."""
    statement = select(MembershipRow.article_id, MembershipRow.story_id).where(
        equals_any(MembershipRow.article_id, article_ids), is_member(as_of)
    )
    return dict(session.execute(statement).all())


def load_current_stories(
    session: Session, article_ids: Iterable[int], *, now: datetime
) -> dict[ArticleId, CurrentStory]:
    """The current story of each article, or None, and the hours since it first joined any story.

    Articles that never joined a story are omitted.
    """
    statement = (
        select(
            MembershipRow.article_id,
            func.max(MembershipRow.story_id).filter(MembershipRow.valid_until.is_(None)),
            func.min(MembershipRow.valid_from),
        )
        .where(equals_any(MembershipRow.article_id, article_ids))
        .group_by(MembershipRow.article_id)
    )
    return {
        article: CurrentStory(story, (now - since).total_seconds() / SECONDS_PER_HOUR)
        for article, story, since in session.execute(statement)
    }


def members(session: Session, story_ids: Iterable[str]) -> dict[str, list[int]]:
    """The sorted ids of each story's current articles; stories without articles are omitted."""
    statement = (
        select(MembershipRow.story_id, MembershipRow.article_id)
        .where(equals_any(MembershipRow.story_id, story_ids), MembershipRow.valid_until.is_(None))
        .order_by(MembershipRow.article_id)
    )
    article_ids: dict[str, list[int]] = {}
    for story_id, article_id in session.execute(statement):
        article_ids.setdefault(story_id, []).append(article_id)
    return article_ids


def is_taken(session: Session, story_id: str) -> bool:
    """Whether the id belongs to a story, including merged ones."""
    return session.get(StoryRow, story_id) is not None


def load_stories(session: Session, story_ids: Iterable[str]) -> list[ExistingStory]:
    """These stories with all current articles; stories without articles are omitted."""
    ids = set(story_ids)
    statement = select(StoryRow.id, StoryRow.emerged_at).where(equals_any(StoryRow.id, ids))
    emerged = dict(session.execute(statement).all())
    return [
        ExistingStory(story, emerged[story], frozenset(article_ids))
        for story, article_ids in members(session, ids).items()
    ]


def create(
    session: Session, ids: Mapping[str, datetime], stamp: Stamp, *, split_from: Mapping[str, str]
) -> None:
    """Insert stories without members; `ids` maps each id to the time of its first report."""
    values = [
        {
            "id": story_id,
            "split_from": split_from.get(story_id),
            "emerged_at": stamp.now,
            "changed_at": stamp.now,
            "first_reported_at": reported_at,
            "last_reported_at": reported_at,
        }
        for story_id, reported_at in ids.items()
    ]
    if values:
        session.execute(insert(StoryRow), values)


def move_articles(session: Session, memberships: Sequence[NewMembership], stamp: Stamp) -> None:
    """End the articles' current memberships and insert new ones; old memberships are retained."""
    if not memberships:
        return
    session.execute(
        update(MembershipRow)
        .where(
            equals_any(
                MembershipRow.article_id, [membership.article_id for membership in memberships]
            ),
            MembershipRow.valid_until.is_(None),
        )
        .values(valid_until=stamp.now)
    )
    values = [
        {
            "article_id": membership.article_id,
            "story_id": membership.story_id,
            "valid_from": stamp.now,
            "score": membership.score,
            "evidence": dict(membership.evidence),
            "run_id": stamp.run_id,
        }
        for membership in memberships
    ]
    session.execute(insert(MembershipRow), values)


def redirect_merged(session: Session, survivors: Mapping[str, str]) -> set[str]:
    """Redirect merged stories, and stories merged into them before, to their survivors.

    Returns the ids of all redirected stories.
    """
    redirected: set[str] = set()
    for story_id, survivor in survivors.items():
        statement = (
            update(StoryRow)
            .where(or_(StoryRow.id == story_id, StoryRow.merged_into == story_id))
            .values(state="merged", merged_into=survivor)
            .returning(StoryRow.id)
        )
        redirected.update(session.scalars(statement))
    return redirected


def record_transitions(
    session: Session, transitions: Iterable[NewTransition], stamp: Stamp
) -> None:
    """Insert transitions."""
    values = [
        {
            "story_id": transition.story_id,
            "kind": transition.kind,
            "at": stamp.now,
            "cause": stamp.cause,
            "other_story_id": transition.other_story_id,
            "article_ids": list(transition.article_ids),
            "run_id": stamp.run_id,
            "decision_id": stamp.decision_id,
        }
        for transition in transitions
    ]
    if values:
        session.execute(insert(TransitionRow), values)


def mark_changed(session: Session, story_ids: Collection[str], stamp: Stamp) -> None:
    """Mark stories for a new description and recompute the times of their first and last report.

    If any member has a trusted date, only dated members count: a report without a date may be
    older than its arrival. A date without a time counts as the end of its day.
    """
    if not story_ids:
        return
    span = _report_span(story_ids)
    session.execute(
        update(StoryRow)
        .where(StoryRow.id == span.c.story_id)
        .values(first_reported_at=span.c.first, last_reported_at=span.c.last)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(StoryRow)
        .where(equals_any(StoryRow.id, story_ids))
        .values(changed_at=func.greatest(stamp.now, StoryRow.changed_at))
        .execution_options(synchronize_session=False)
    )


def find_with_changed_dates(session: Session, story_ids: Collection[str]) -> list[str]:
    """Return the stories whose first or last report time differs from the stored one."""
    span = _report_span(story_ids)
    statement = select(StoryRow.id).join(span, span.c.story_id == StoryRow.id)
    differs = or_(
        StoryRow.first_reported_at != span.c.first, StoryRow.last_reported_at != span.c.last
    )
    return list(session.scalars(statement.where(differs).order_by(StoryRow.id)))


def _report_span(story_ids: Collection[str]) -> Subquery:
    """Select the times of the first and last report of each story."""
    first, last = func.min(ArticleRow.reported_at), func.max(ArticleRow.reported_at)
    is_dated = ArticleRow.published.is_not(None)
    return (
        select(
            MembershipRow.story_id,
            func.coalesce(first.filter(is_dated), first).label("first"),
            func.coalesce(last.filter(is_dated), last).label("last"),
        )
        .join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
        .where(equals_any(MembershipRow.story_id, story_ids), MembershipRow.valid_until.is_(None))
        .group_by(MembershipRow.story_id)
        .subquery()
    )


def close_quiet(session: Session, *, quiet_since: datetime) -> list[str]:
    """Close open stories without a report since `quiet_since`; returns their sorted ids."""
    statement = (
        update(StoryRow)
        .where(StoryRow.state == "open", StoryRow.last_reported_at < quiet_since)
        .values(state="closed")
        .returning(StoryRow.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(session.scalars(statement))


def reopen_reported(
    session: Session, story_ids: Iterable[str], *, reported_since: datetime
) -> list[str]:
    """Reopen closed stories with a report since `reported_since`; returns their sorted ids."""
    statement = (
        update(StoryRow)
        .where(equals_any(StoryRow.id, story_ids), StoryRow.state == "closed")
        .where(StoryRow.last_reported_at >= reported_since)
        .values(state="open")
        .returning(StoryRow.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(session.scalars(statement))
