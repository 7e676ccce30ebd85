"""Turns in the life of stories that only editors bring about."""

from collections.abc import Collection, Iterable

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from service.store.stories.stories import Stamp
from service.store.tables import MembershipRow, StoryRow, TransitionRow


def close_memberships(session: Session, article_ids: Collection[int], stamp: Stamp) -> None:
    """Let articles leave their stories for none. History stays."""
    session.execute(
        update(MembershipRow)
        .where(MembershipRow.article_id.in_(article_ids), MembershipRow.valid_until.is_(None))
        .values(valid_until=stamp.now)
    )


def revive_stories(session: Session, story_ids: Collection[str]) -> set[str]:
    """Let merged stories live on, and what had been merged into them lead there again; all ids."""
    changed: set[str] = set()
    for story_id in story_ids:
        survivor = session.scalar(select(StoryRow.merged_into).where(StoryRow.id == story_id))
        own = _led_by_way_of(session, story_id, equals_any=survivor)
        for ids, values in (
            ([story_id], {"state": "open", "merged_into": None}),
            (own, {"merged_into": story_id}),
        ):
            session.execute(
                update(StoryRow)
                .where(StoryRow.id.in_(ids))
                .values(**values)
                .execution_options(synchronize_session=False)
            )
        changed.update(own, [story_id])
    return changed


def close_empty(session: Session, story_ids: Iterable[str]) -> list[str]:
    """Close those of these stories that no article is left in; the ids of those that were open.

    There is nothing to describe them by, so they count as described.
    """
    mine = exists().where(
        MembershipRow.story_id == StoryRow.id, MembershipRow.valid_until.is_(None)
    )
    empty = StoryRow.id.in_(list(story_ids)), StoryRow.state != "merged", ~mine
    opened = select(StoryRow.id).where(*empty, StoryRow.state == "open").order_by(StoryRow.id)
    shut = list(session.scalars(opened))
    session.execute(
        update(StoryRow)
        .where(*empty)
        .values(state="closed", described_at=StoryRow.changed_at)
        .execution_options(synchronize_session=False)
    )
    return shut


def clear_headlines(session: Session, story_ids: Collection[str]) -> None:
    """Take an editor's headline away: members speak until the story is described anew."""
    session.execute(
        update(StoryRow)
        .where(StoryRow.id.in_(story_ids))
        .values(headline="", slug="", headline_article_id=None, described_at=None)
        .execution_options(synchronize_session=False)
    )


def _led_by_way_of(session: Session, story_id: str, *, equals_any: str | None) -> list[str]:
    """Stories that lead to `among` because they were merged, at last, into this one."""
    led = select(StoryRow.id).where(StoryRow.merged_into == equals_any)
    statement = (
        select(TransitionRow.story_id, TransitionRow.other_story_id)
        .where(TransitionRow.kind == "merged", TransitionRow.story_id.in_(led))
        .order_by(TransitionRow.id)
    )
    into: dict[str, str | None] = dict(session.execute(statement).all())
    found = []
    for start in into:
        here: str | None = start
        while here not in {None, equals_any, story_id}:
            here = into.get(here or "")
        if here == story_id and start != story_id:
            found.append(start)
    return found
