"""History of a story: its transitions, the stories merged into it, and its survivor."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import Session

from service.domain.stories.transitions import StoryTransition
from service.errors import NotFoundError
from service.store.database.arrays import equals_any
from service.store.database.paging import Page, Position, make_page
from service.store.story_views.as_of import story_table, valid_at
from service.store.story_views.not_found import missing_story
from service.store.tables import DecisionRow, StoryRow, TransitionRow


def transitions_of(
    session: Session,
    story_id: str,
    *,
    after: Position | None = None,
    limit: int = 100,
    as_of: datetime | None = None,
) -> Page[StoryTransition]:
    """A story's transitions, oldest first, up to `as_of`; one statement."""
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
    transitions = [transition_from_row(*row) for row in session.execute(statement)]
    return make_page([(each, (each.id,)) for each in transitions], limit)


def list_mergers(
    session: Session, story_id: str, *, as_of: datetime | None = None
) -> list[StoryTransition]:
    """The transitions by which other stories were merged into a story, oldest first.

    A merger is a transition of the story that ends. Mergers that were undone later are in the list,
    and mergers of hidden stories are not. One statement.
    """
    own = select(func.coalesce(StoryRow.merged_into, StoryRow.id)).where(StoryRow.id == story_id)
    merged = select(StoryRow.id).where(StoryRow.merged_into == own.scalar_subquery())
    # The survivor of an undone merger has a transition with the restored story.
    restored = select(TransitionRow.other_story_id).where(
        TransitionRow.story_id == story_id, TransitionRow.kind == "split"
    )
    hidden = exists().where(StoryRow.id == TransitionRow.story_id, StoryRow.hidden)
    statement = (
        select_transitions()
        .where(
            TransitionRow.story_id.in_(merged.union(restored)),
            TransitionRow.kind == "merged",
            TransitionRow.other_story_id == story_id,
            ~hidden,
        )
        .order_by(TransitionRow.id)
    )
    if as_of is not None:
        statement = statement.where(TransitionRow.at <= as_of)
    return [transition_from_row(*row) for row in session.execute(statement)]


def find_merge_time(
    session: Session, story_id: str, survivor: str, *, as_of: datetime | None = None
) -> datetime | None:
    """The time at which a story, or the last of a chain of mergers, was merged into `survivor`.

    None if the story is not merged into `survivor`, now or at `as_of`.
    """
    if session.scalar(select_survivors([story_id], as_of)) != survivor:
        return None
    at: datetime | None = None
    here = story_id
    while here != survivor:
        statement = (
            select(TransitionRow.other_story_id, TransitionRow.at)
            .where(TransitionRow.story_id == here, TransitionRow.kind == "merged")
            .order_by(TransitionRow.id.desc())
            .limit(1)
        )
        if as_of is not None:
            statement = statement.where(TransitionRow.at <= as_of)
        row = session.execute(statement).one_or_none()
        if row is None or row.other_story_id is None:
            return None
        here, at = row.other_story_id, row.at
    return at


def select_transitions() -> Select[*tuple[Any, ...]]:
    """A SELECT of the columns that `transition_from_row` takes."""
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
    """Whether a transition is sent to clients.

    For a hidden story, only the transition `hidden` is sent, so that clients delete the story.
    """
    # Hidden stories are few and have a partial index; NOT EXISTS avoids reading the others.
    hidden = exists().where(StoryRow.id == TransitionRow.story_id, StoryRow.hidden)
    return or_(TransitionRow.kind == "hidden", ~hidden)


def transition_from_row(*row: Any) -> StoryTransition:
    """A transition from a row of `select_transitions`."""
    values: tuple[Any, ...] = (*row[:-1], tuple(row[-1]))
    return StoryTransition(*values)


def require_story(session: Session, story_id: str) -> None:
    """Raise NotFoundError if the story never existed or is hidden."""
    if not session.scalar(select(exists().where(StoryRow.id == story_id, ~StoryRow.hidden))):
        raise NotFoundError("story", story_id)


def find_survivor(session: Session, story_id: str, *, as_of: datetime | None = None) -> str:
    """The id of the story at the end of a chain of mergers; the story's own id if unmerged.

    Raises:
        NotFoundError: the story does not exist, or did not exist at `as_of`.
    """
    survivor = session.scalar(select_survivors([story_id], as_of))
    if survivor is None:
        raise missing_story(session, story_id, as_of)
    return survivor


def select_survivors(story_ids: Sequence[str], as_of: datetime | None) -> Select[str]:
    """Select the ids at the ends of chains of mergers; missing stories are skipped."""
    story = story_table(as_of)
    links = select(story.id, story.merged_into).where(*valid_at(as_of))
    chain = links.where(equals_any(story.id, story_ids)).cte("chain", recursive=True)
    chain = chain.union(links.join(chain, story.id == chain.c.merged_into))
    return select(chain.c.id).where(chain.c.merged_into.is_(None))
