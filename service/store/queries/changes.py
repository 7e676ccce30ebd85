"""SQL conditions of a query on changes (transitions): the story of the change matches it."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, case, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session

from service.domain.queries.conditions import Query
from service.store.queries.stories import story_conditions
from service.store.tables import StoryRow, TransitionRow


def change_conditions(query: Query) -> Iterator[ColumnElement[bool]]:
    """Yield the condition that the story of a change matches a resolved query now.

    For `merged`, the story into which it was merged. `hidden` passes, because earlier changes of
    the story may have passed.
    """
    if not query.conditions:
        return
    story_id = case(
        (TransitionRow.kind == "merged", TransitionRow.other_story_id),
        else_=TransitionRow.story_id,
    )
    matching = select(StoryRow.id).where(
        StoryRow.id == story_id, *story_conditions(StoryRow, None, query)
    )
    yield or_(TransitionRow.kind == "hidden", exists(matching.correlate(TransitionRow)))


def find_undescribed(session: Session, after: int) -> int | None:
    """The first change after the id `after` whose story is not described yet; one statement.

    Until then, counts, headline and names of the story may be those of before the change.
    """
    undescribed = select(StoryRow.id).where(
        or_(StoryRow.described_at.is_(None), StoryRow.described_at < StoryRow.changed_at),
        StoryRow.state != literal_column("'merged'"),
        ~StoryRow.hidden,
    )
    return session.scalar(
        select(func.min(TransitionRow.id)).where(
            TransitionRow.id > after, TransitionRow.story_id.in_(undescribed)
        )
    )
