"""Storylines: stories of one saga, kept apart."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select, true
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.store.database.paging import Page, Position, below, cut
from service.store.story_views.views import StoryView, list_storyline_stories
from service.store.tables import StorylineRow, StoryRow


@dataclass(frozen=True, slots=True)
class StorylineView:
    """A storyline with its stories, latest first."""

    id: str
    title: str
    created_at: datetime
    stories: tuple[StoryView, ...]


class StorylineOrder(StrEnum):
    """In what order storylines are listed: by id, or the one that began to be one latest first."""

    ID = "id"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class StorylineBrief:
    """A storyline with the extent of its stories; hidden and merged ones do not count."""

    id: str
    title: str
    created_at: datetime
    stories: int
    first_reported_at: datetime | None
    last_reported_at: datetime | None


def list_storylines(
    session: Session,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    sort: StorylineOrder = StorylineOrder.ID,
    after: Position | None = None,
    limit: int = 50,
) -> Page[StorylineBrief]:
    """Storylines; one statement. Times keep those of which a story was last reported then."""
    statement = _briefs().limit(limit + 1)
    times = []
    if since is not None:
        times.append(StoryRow.last_reported_at >= since)
    if until is not None:
        times.append(StoryRow.last_reported_at < until)
    if times:
        statement = statement.where(exists(select(StoryRow.id).where(*_shown(), *times)))
    keys = _keys(sort)
    if sort is StorylineOrder.ID:
        statement = statement.where(keys[0] > (after[0] if after else "")).order_by(*keys)
    else:
        statement = statement.order_by(*(key.desc() for key in keys))
        statement = statement.where(below(keys, after)) if after else statement
    found = [StorylineBrief(*row) for row in session.execute(statement)]
    return cut([(each, _position(each, sort)) for each in found], limit)


def _briefs() -> Select[*tuple[Any, ...]]:
    """Rows of what `StorylineBrief` takes."""
    told = (
        select(
            func.count().label("stories"),
            func.min(StoryRow.first_reported_at).label("first"),
            func.max(StoryRow.last_reported_at).label("last"),
        )
        .where(*_shown())
        .lateral()
    )
    columns = (StorylineRow.id, StorylineRow.title, StorylineRow.created_at)
    return select(*columns, told.c.stories, told.c.first, told.c.last).join(told, true())


def _shown() -> tuple[ColumnElement[bool], ...]:
    """Stories of the storyline at hand that are listed."""
    return (
        StoryRow.storyline_id == StorylineRow.id,
        StoryRow.state != "merged",
        ~StoryRow.hidden,
    )


def _keys(sort: StorylineOrder) -> tuple[ColumnElement[Any], ...]:
    own = StorylineRow.id.expression
    return (own,) if sort is StorylineOrder.ID else (StorylineRow.created_at.expression, own)


def _position(found: StorylineBrief, sort: StorylineOrder) -> Position:
    return (found.id,) if sort is StorylineOrder.ID else (found.created_at, found.id)


def get_storyline(session: Session, storyline_id: str) -> StorylineView:
    """One storyline; three statements.

    Raises:
        NotFoundError: there is no such storyline.
    """
    row = session.get(StorylineRow, storyline_id)
    if row is None:
        raise NotFoundError("storyline", storyline_id)
    return StorylineView(row.id, row.title, row.created_at, list_storyline_stories(session, row.id))
