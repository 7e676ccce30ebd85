"""SQL conditions of a query on changes (transitions): the story of the change matches it."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, literal, literal_column, or_, select
from sqlalchemy.orm import Session

from service.domain.queries.conditions import Query
from service.store.queries.stories import story_conditions
from service.store.story_views.as_of import story_table, valid_at
from service.store.tables import StoryRow, TransitionRow


def change_conditions(query: Query) -> Iterator[ColumnElement[bool]]:
    """Yield the condition that the story of a change matches a resolved query, now or at `as_of`.

    For `merged`, the story into which it was merged. `hidden` passes, because earlier changes of
    the story may have passed. With `as_of`, only changes up to that time.
    """
    as_of = query.time
    if as_of is not None:
        yield TransitionRow.at <= as_of
    if not query.conditions:
        return
    story = story_table(as_of)
    story_id = case(
        (TransitionRow.kind == "merged", TransitionRow.other_story_id),
        else_=TransitionRow.story_id,
    )
    # The limit keeps Postgres from selecting all matching stories: few changes are checked.
    matching = (
        select(literal(True))
        .select_from(story)
        .where(story.id == story_id, *valid_at(as_of), *story_conditions(story, as_of, query))
        .limit(1)
        .correlate(TransitionRow)
        .scalar_subquery()
    )
    yield or_(TransitionRow.kind == "hidden", func.coalesce(matching, False))


def find_later_change(session: Session, after: int, as_of: datetime) -> int | None:
    """The first change after the id `after` that happened after `as_of`; one statement."""
    return session.scalar(
        select(func.min(TransitionRow.id)).where(TransitionRow.id > after, TransitionRow.at > as_of)
    )


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
