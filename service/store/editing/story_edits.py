"""Changes of stories that only editors cause: removed articles, revived stories, headlines."""

from collections.abc import Collection, Iterable

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from service.store.database.arrays import equals_any
from service.store.stories.stories import Stamp
from service.store.tables import MembershipRow, StoryRow, TransitionRow


def close_memberships(session: Session, article_ids: Collection[int], stamp: Stamp) -> None:
    """End the current memberships of articles; the rows are retained."""
    session.execute(
        update(MembershipRow)
        .where(
            equals_any(MembershipRow.article_id, article_ids), MembershipRow.valid_until.is_(None)
        )
        .values(valid_until=stamp.now)
    )


def revive_stories(session: Session, story_ids: Collection[str]) -> set[str]:
    """Reopen merged stories and redirect to them the stories merged into them before.

    Returns the ids of all changed stories.
    """
    changed: set[str] = set()
    for story_id in story_ids:
        survivor = session.scalar(select(StoryRow.merged_into).where(StoryRow.id == story_id))
        own = _find_merged_via(session, story_id, survivor=survivor)
        for ids, values in (
            ([story_id], {"state": "open", "merged_into": None}),
            (own, {"merged_into": story_id}),
        ):
            session.execute(
                update(StoryRow)
                .where(equals_any(StoryRow.id, ids))
                .values(**values)
                .execution_options(synchronize_session=False)
            )
        changed.update(own, [story_id])
    return changed


def close_empty(session: Session, story_ids: Iterable[str]) -> list[str]:
    """Close the stories among these without articles; returns the ids of those that were open.

    They are marked as described, because an empty story has no description.
    """
    has_member = exists().where(
        MembershipRow.story_id == StoryRow.id, MembershipRow.valid_until.is_(None)
    )
    empty = equals_any(StoryRow.id, story_ids), StoryRow.state != "merged", ~has_member
    still_open = select(StoryRow.id).where(*empty, StoryRow.state == "open").order_by(StoryRow.id)
    closed = list(session.scalars(still_open))
    session.execute(
        update(StoryRow)
        .where(*empty)
        .values(state="closed", described_at=StoryRow.changed_at)
        .execution_options(synchronize_session=False)
    )
    return closed


def clear_headlines(session: Session, story_ids: Collection[str]) -> None:
    """Delete the headlines of these stories; members supply one until the next description."""
    session.execute(
        update(StoryRow)
        .where(equals_any(StoryRow.id, story_ids))
        .values(headline="", slug="", headline_article_id=None, described_at=None)
        .execution_options(synchronize_session=False)
    )


def mark_undescribed(session: Session, story_ids: Collection[str]) -> None:
    """Let the job `describe` process these stories again."""
    session.execute(
        update(StoryRow)
        .where(equals_any(StoryRow.id, story_ids))
        .values(described_at=None)
        .execution_options(synchronize_session=False)
    )


def _find_merged_via(session: Session, story_id: str, *, survivor: str | None) -> list[str]:
    """Stories that redirect to `survivor` because their chain of mergers passes `story_id`."""
    redirected = select(StoryRow.id).where(StoryRow.merged_into == survivor)
    statement = (
        select(TransitionRow.story_id, TransitionRow.other_story_id)
        .where(TransitionRow.kind == "merged", TransitionRow.story_id.in_(redirected))
        .order_by(TransitionRow.id)
    )
    into: dict[str, str | None] = dict(session.execute(statement).all())
    via = []
    for start in into:
        here: str | None = start
        while here not in {None, survivor, story_id}:
            here = into.get(here or "")
        if here == story_id and start != story_id:
            via.append(start)
    return via
