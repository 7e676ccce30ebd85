"""What happened to a story, and where a merged one lives on."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.store.reading.paging import Page, Position, cut
from service.store.tables import StoryRow, TransitionRow


@dataclass(frozen=True, slots=True)
class Transition:
    """Something that happened to a story, and by what cause."""

    id: int
    story_id: str
    kind: str
    at: datetime
    cause: str
    other_story_id: str | None
    article_ids: tuple[int, ...]


def transitions_of(
    session: Session, story_id: str, *, after: Position | None = None, limit: int = 100
) -> Page[Transition]:
    """A story's transitions, oldest first; one statement."""
    columns = (
        TransitionRow.id,
        TransitionRow.story_id,
        TransitionRow.kind,
        TransitionRow.at,
        TransitionRow.cause,
        TransitionRow.other_story_id,
        TransitionRow.article_ids,
    )
    statement = (
        select(*columns)
        .where(TransitionRow.story_id == story_id, TransitionRow.id > (after[0] if after else 0))
        .order_by(TransitionRow.id)
        .limit(limit + 1)
    )
    rows = session.execute(statement)
    found = [Transition(*row[:6], article_ids=tuple(row.article_ids)) for row in rows]
    return cut([(transition, (transition.id,)) for transition in found], limit)


def require_story(session: Session, story_id: str) -> None:
    """Raise NotFoundError unless there is or was such a story."""
    if not session.scalar(select(exists().where(StoryRow.id == story_id))):
        raise NotFoundError("story", story_id)


def survivor_of(session: Session, story_id: str) -> str:
    """The id under which a story lives on, after any number of mergers; its own if unmerged.

    Raises:
        NotFoundError: there is no such story.
    """
    start = select(StoryRow.id, StoryRow.merged_into).where(StoryRow.id == story_id)
    chain = start.cte("chain", recursive=True)
    step = select(StoryRow.id, StoryRow.merged_into)
    chain = chain.union(step.join(chain, StoryRow.id == chain.c.merged_into))
    survivor = session.scalar(select(chain.c.id).where(chain.c.merged_into.is_(None)))
    if survivor is None:
        raise NotFoundError("story", story_id)
    return str(survivor)
