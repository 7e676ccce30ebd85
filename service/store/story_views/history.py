"""What happened to a story, and where a merged one lives on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, or_, select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.store.database.paging import Page, Position, cut
from service.store.story_views.as_of import story_table, valid_at
from service.store.tables import DecisionRow, StoryRow, TransitionRow


@dataclass(frozen=True, slots=True)
class StoryTransition:
    """Something that happened to a story, and by what cause."""

    id: int
    story_id: str
    kind: str
    at: datetime
    cause: str
    other_story_id: str | None
    editor: str | None  #: who, where the cause is an editor
    article_ids: tuple[int, ...]


def transitions_of(
    session: Session,
    story_id: str,
    *,
    after: Position | None = None,
    limit: int = 100,
    as_of: datetime | None = None,
) -> Page[StoryTransition]:
    """A story's transitions, oldest first, with `as_of` those until then; one statement."""
    statement = (
        select_transitions()
        .where(TransitionRow.story_id == story_id, TransitionRow.id > (after[0] if after else 0))
        .order_by(TransitionRow.id)
        .limit(limit + 1)
    )
    if as_of is None:
        shown = exists().where(StoryRow.id == TransitionRow.story_id, ~StoryRow.hidden)
        statement = statement.where(shown)
    else:
        statement = statement.where(TransitionRow.at <= as_of)
    rows = session.execute(statement)
    found = [transition_from_row(*row) for row in rows]
    return cut([(transition, (transition.id,)) for transition in found], limit)


def select_transitions() -> Select[*tuple[Any, ...]]:
    """Rows of what `of_row` takes."""
    undone = TransitionRow.at == DecisionRow.undone_at
    return select(
        TransitionRow.id,
        TransitionRow.story_id,
        TransitionRow.kind,
        TransitionRow.at,
        TransitionRow.cause,
        TransitionRow.other_story_id,
        case((undone, DecisionRow.undone_by), else_=DecisionRow.made_by),
        TransitionRow.article_ids,
    ).outerjoin(DecisionRow, DecisionRow.id == TransitionRow.decision_id)


def is_visible() -> ColumnElement[bool]:
    """Whether followers hear of a transition; of a story that an editor hid only that it was hidden.

    They have to hear that, or they would go on showing it.
    """
    # The hidden ones are few and have an index; the others need not be looked at.
    hidden = exists().where(StoryRow.id == TransitionRow.story_id, StoryRow.hidden)
    return or_(TransitionRow.kind == "hidden", ~hidden)


def transition_from_row(*row: Any) -> StoryTransition:
    """A row of `transitions`."""
    values: tuple[Any, ...] = (*row[:-1], tuple(row[-1]))
    return StoryTransition(*values)


def require_story(session: Session, story_id: str) -> None:
    """Raise NotFoundError unless there is or was such a story, and no editor hid it."""
    if not session.scalar(select(exists().where(StoryRow.id == story_id, ~StoryRow.hidden))):
        raise NotFoundError("story", story_id)


def survivor_of(session: Session, story_id: str, *, as_of: datetime | None = None) -> str:
    """The id under which a story lives on, after any number of mergers; its own if unmerged.

    Raises:
        NotFoundError: there is no such story, or was none at that instant.
    """
    story = story_table(as_of)
    links = select(story.id, story.merged_into).where(*valid_at(as_of))
    chain = links.where(story.id == story_id).cte("chain", recursive=True)
    chain = chain.union(links.join(chain, story.id == chain.c.merged_into))
    survivor = session.scalar(select(chain.c.id).where(chain.c.merged_into.is_(None)))
    if survivor is None:
        raise NotFoundError("story", story_id)
    return str(survivor)
