"""Stories and their members: loading what exists, writing what was decided."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.articles.model import SECONDS_PER_HOUR, ArticleId
from service.domain.grouping.lineage import ExistingStory
from service.domain.grouping.window import Standing
from service.store.database.arrays import among
from service.store.tables import (
    ArticleRow,
    MembershipRow,
    StoryRow,
    TransitionRow,
)


@dataclass(frozen=True, slots=True)
class NewMembership:
    """An article that enters a story, and why."""

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
    """When, by what and in which run or by which decision something is written."""

    now: datetime
    cause: str
    run_id: int | None = None
    decision_id: int | None = None


def headline_article_id(session: Session, story_id: str) -> int | None:
    """The article whose title is a story's headline."""
    return session.scalar(select(StoryRow.headline_article_id).where(StoryRow.id == story_id))


def story_of(session: Session, article_ids: Iterable[int]) -> dict[int, str]:
    """The story in which each article is now; articles in none are left out."""
    statement = select(MembershipRow.article_id, MembershipRow.story_id).where(
        among(MembershipRow.article_id, article_ids), MembershipRow.valid_until.is_(None)
    )
    return dict(session.execute(statement).all())


def standing(
    session: Session, article_ids: Iterable[int], *, now: datetime
) -> dict[ArticleId, Standing]:
    """The story of each article, if it is in one, and the hours since it first entered any."""
    statement = (
        select(
            MembershipRow.article_id,
            func.max(MembershipRow.story_id).filter(MembershipRow.valid_until.is_(None)),
            func.min(MembershipRow.valid_from),
        )
        .where(MembershipRow.article_id.in_(list(article_ids)))
        .group_by(MembershipRow.article_id)
    )
    return {
        article: Standing(story, (now - since).total_seconds() / SECONDS_PER_HOUR)
        for article, story, since in session.execute(statement)
    }


def members(session: Session, story_ids: Iterable[str]) -> dict[str, list[int]]:
    """The articles that are now in each story, by id."""
    statement = (
        select(MembershipRow.story_id, MembershipRow.article_id)
        .where(MembershipRow.story_id.in_(list(story_ids)), MembershipRow.valid_until.is_(None))
        .order_by(MembershipRow.article_id)
    )
    found: dict[str, list[int]] = {}
    for story_id, article_id in session.execute(statement):
        found.setdefault(story_id, []).append(article_id)
    return found


def is_taken(session: Session, story_id: str) -> bool:
    """Whether a story, merged or not, has this id."""
    return session.get(StoryRow, story_id) is not None


def load_stories(session: Session, story_ids: Iterable[str]) -> list[ExistingStory]:
    """These stories with all their members, as `domain.lineage` compares them."""
    ids = set(story_ids)
    statement = select(StoryRow.id, StoryRow.emerged_at).where(StoryRow.id.in_(ids))
    emerged = dict(session.execute(statement).all())
    return [
        ExistingStory(story, emerged[story], frozenset(found))
        for story, found in members(session, ids).items()
    ]


def create(
    session: Session, ids: Mapping[str, datetime], stamp: Stamp, *, split_from: Mapping[str, str]
) -> None:
    """Add stories, each with the time of its first report; members follow."""
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


def move_articles(session: Session, joinings: Sequence[NewMembership], stamp: Stamp) -> None:
    """Let articles enter stories; each leaves the one it is in. History stays."""
    if not joinings:
        return
    session.execute(
        update(MembershipRow)
        .where(
            MembershipRow.article_id.in_([joining.article_id for joining in joinings]),
            MembershipRow.valid_until.is_(None),
        )
        .values(valid_until=stamp.now)
    )
    values = [
        {
            "article_id": joining.article_id,
            "story_id": joining.story_id,
            "valid_from": stamp.now,
            "score": joining.score,
            "evidence": dict(joining.evidence),
            "run_id": stamp.run_id,
        }
        for joining in joinings
    ]
    session.execute(insert(MembershipRow), values)


def redirect_merged(session: Session, survivors: Mapping[str, str]) -> set[str]:
    """Let stories lead to their survivors, those merged into them earlier too; ids of all these."""
    led: set[str] = set()
    for story_id, survivor in survivors.items():
        statement = (
            update(StoryRow)
            .where(or_(StoryRow.id == story_id, StoryRow.merged_into == story_id))
            .values(state="merged", merged_into=survivor)
            .returning(StoryRow.id)
        )
        led.update(session.scalars(statement))
    return led


def record_transitions(session: Session, happenings: Iterable[NewTransition], stamp: Stamp) -> None:
    """Add transitions."""
    values = [
        {
            "story_id": happening.story_id,
            "kind": happening.kind,
            "at": stamp.now,
            "cause": stamp.cause,
            "other_story_id": happening.other_story_id,
            "article_ids": list(happening.article_ids),
            "run_id": stamp.run_id,
            "decision_id": stamp.decision_id,
        }
        for happening in happenings
    ]
    if values:
        session.execute(insert(TransitionRow), values)


def mark_changed(session: Session, story_ids: Collection[str], stamp: Stamp) -> None:
    """Mark stories as changed, so that they are described anew, and date them by their members.

    Where some members have a trusted date, only those date the story: an old report that came
    without one is not news.
    """
    if not story_ids:
        return
    span = (
        select(
            MembershipRow.story_id,
            func.coalesce(func.min(ArticleRow.published), func.min(ArticleRow.reported_at)).label(
                "first"
            ),
            func.coalesce(func.max(ArticleRow.published), func.max(ArticleRow.reported_at)).label(
                "last"
            ),
        )
        .join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
        .where(MembershipRow.story_id.in_(list(story_ids)), MembershipRow.valid_until.is_(None))
        .group_by(MembershipRow.story_id)
        .subquery()
    )
    session.execute(
        update(StoryRow)
        .where(StoryRow.id == span.c.story_id)
        .values(first_reported_at=span.c.first, last_reported_at=span.c.last)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(StoryRow)
        .where(StoryRow.id.in_(list(story_ids)))
        .values(changed_at=func.greatest(stamp.now, StoryRow.changed_at))
        .execution_options(synchronize_session=False)
    )


def close(session: Session, *, quiet_since: datetime) -> list[str]:
    """Close open stories without a report since then; their ids."""
    statement = (
        update(StoryRow)
        .where(StoryRow.state == "open", StoryRow.last_reported_at < quiet_since)
        .values(state="closed")
        .returning(StoryRow.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(session.scalars(statement))


def reopen(session: Session, story_ids: Iterable[str], *, reported_since: datetime) -> list[str]:
    """Open those of these stories that are closed and were reported since then; their ids."""
    statement = (
        update(StoryRow)
        .where(StoryRow.id.in_(list(story_ids)), StoryRow.state == "closed")
        .where(StoryRow.last_reported_at >= reported_since)
        .values(state="open")
        .returning(StoryRow.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(session.scalars(statement))
