"""Storylines: stories of one saga, kept apart."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.store.reading.paging import Page, Position, cut
from service.store.reading.stories import StorylineName, StoryView, of_storyline
from service.store.tables import StorylineRow


@dataclass(frozen=True, slots=True)
class StorylineView:
    """A storyline with its stories, latest first."""

    id: str
    title: str
    created_at: datetime
    stories: tuple[StoryView, ...]


def list_storylines(
    session: Session, *, after: Position | None = None, limit: int = 50
) -> Page[StorylineName]:
    """Storylines by id; one statement."""
    statement = select(StorylineRow.id, StorylineRow.title).order_by(StorylineRow.id)
    if after is not None:
        statement = statement.where(StorylineRow.id > after[0])
    found = [StorylineName(*row) for row in session.execute(statement.limit(limit + 1))]
    return cut([(storyline, (storyline.id,)) for storyline in found], limit)


def get_storyline(session: Session, storyline_id: str) -> StorylineView:
    """One storyline; three statements.

    Raises:
        NotFoundError: there is no such storyline.
    """
    row = session.get(StorylineRow, storyline_id)
    if row is None:
        raise NotFoundError("storyline", storyline_id)
    return StorylineView(row.id, row.title, row.created_at, of_storyline(session, row.id))
