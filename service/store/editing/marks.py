"""Marks of active decisions on story rows: pinned, hidden, locked, renamed, and headlines.

These columns are derived: every other writer of story rows must call `refresh` afterwards.
A decision about a merged story applies to its survivor.
"""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import false, func, or_, select, update
from sqlalchemy.orm import Session

from service.domain.urls.slugs import slugify
from service.store.database.arrays import equals_any
from service.store.tables import ArticleRow, ConstraintRow, MembershipRow, StoryRow

#: Column of the story row by kind of constraint.
MARKS = {"pin": "pinned", "hide": "hidden", "lock": "locked", "rename": "renamed"}
_UNMARKED = dict.fromkeys(MARKS.values(), False)
_ACTIVE = ConstraintRow.revoked_at.is_(None)


def refresh(session: Session, story_ids: Iterable[str]) -> None:
    """Recompute marks and headlines of these stories from the active constraints."""
    ids = list(story_ids)
    columns = [getattr(StoryRow, name) for name in _UNMARKED]
    session.execute(
        update(StoryRow)
        .where(equals_any(StoryRow.id, ids), or_(false(), *columns))
        .values(**_UNMARKED)
        .execution_options(synchronize_session=False)
    )
    values_of = _pinned_headlines(session, ids)
    for story, kind, value in _marks(session, ids):
        values = values_of.setdefault(story, {})
        values[MARKS[kind]] = True
        if kind == "rename":
            values |= {"headline": value, "slug": slugify(value), "headline_article_id": None}
    for story, values in values_of.items():
        session.execute(
            update(StoryRow)
            .where(StoryRow.id == story)
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def find_frozen_stories(session: Session) -> set[str]:
    """All locked and hidden stories; reconcile does not change them."""
    statement = select(StoryRow.id).where(or_(StoryRow.locked, StoryRow.hidden))
    return set(session.scalars(statement))


def find_locked_stories(session: Session, story_ids: Collection[str]) -> set[str]:
    """The locked stories among these; no article may join them."""
    statement = select(StoryRow.id).where(equals_any(StoryRow.id, story_ids), StoryRow.locked)
    return set(session.scalars(statement))


def find_hidden_articles(session: Session, article_ids: Collection[int]) -> set[int]:
    """The articles among these that an editor hid; they belong to no story."""
    statement = select(ConstraintRow.article_id).where(
        _ACTIVE, ConstraintRow.kind == "hide", equals_any(ConstraintRow.article_id, article_ids)
    )
    return {key for key in session.scalars(statement) if key is not None}


def _marks(session: Session, ids: Collection[str]) -> list[tuple[str, str, str]]:
    """Story, kind and value of each active mark on these stories, oldest first."""
    survivor = func.coalesce(StoryRow.merged_into, StoryRow.id)
    statement = (
        select(survivor, ConstraintRow.kind, func.coalesce(ConstraintRow.value, ""))
        .join(StoryRow, StoryRow.id == ConstraintRow.story_id)
        .where(_ACTIVE, ConstraintRow.kind.in_(MARKS), survivor.in_(ids))
        .order_by(ConstraintRow.id)
    )
    return list(session.execute(statement).all())


def _pinned_headlines(session: Session, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Column values of stories with a pinned article; the latest pin wins."""
    statement = (
        select(MembershipRow.story_id, ArticleRow.id, ArticleRow.title)
        .join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
        .join(ConstraintRow, ConstraintRow.article_id == ArticleRow.id)
        .where(_ACTIVE, ConstraintRow.kind == "pin", MembershipRow.valid_until.is_(None))
        .where(equals_any(MembershipRow.story_id, ids))
        .order_by(ConstraintRow.id)
    )
    return {
        story: {"headline": title, "slug": slugify(title), "headline_article_id": article}
        for story, article, title in session.execute(statement)
    }
