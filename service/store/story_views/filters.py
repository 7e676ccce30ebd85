"""Sort keys of story lists, and conditions on members. `store.queries` has those of queries."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Float, exists, func, literal, select

from service.domain.stories.filters import Sort
from service.store.story_views.as_of import StoryTable, is_member
from service.store.tables import ArticleRow, MembershipRow, OutletRow, StoryVersionRow


def ordering(story: StoryTable, sort: Sort) -> tuple[ColumnElement[Any], ...]:
    """The sort keys of an order, all descending; the last key is unique."""
    times = story.last_reported_at.expression
    if sort is Sort.NEWEST:
        return (times, story.id.expression)
    if sort is Sort.LARGEST:
        counts = (story.independent.expression, story.coverage.expression)
        return (*counts, times, story.id.expression)
    if sort is Sort.FASTEST:
        return (func.story_speed(story.details, type_=Float), times, story.id.expression)
    return (story.pinned.expression, story.rank.expression, story.id.expression)


def index_bounds(as_of: datetime | None, sort: Sort) -> Iterable[ColumnElement[bool]]:
    """Upper bounds on the sort key of versions valid at `as_of`, for time-based orders.

    The bounds exclude no valid version: no key is further ahead of its version's start than the
    maximum over all versions. Without them, Postgres would scan the index from the present back.
    """
    if as_of is None:
        return
    timestamp, start = literal(as_of, StoryVersionRow.valid_from.type), StoryVersionRow.valid_from
    if sort is Sort.NEWEST:
        ahead = select(func.max(StoryVersionRow.last_reported_at - start)).scalar_subquery()
        yield StoryVersionRow.last_reported_at <= timestamp + ahead
    if sort is Sort.RANK:
        ahead = select(func.max(StoryVersionRow.rank - func.hours_of(start))).scalar_subquery()
        # One extra hour absorbs the rounding errors of floating-point sums.
        yield StoryVersionRow.rank <= func.hours_of(timestamp) + ahead + 1


def has_report(
    story: StoryTable, as_of: datetime | None, *conditions: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Whether a story has a member that satisfies all conditions on article and outlet."""
    statement = select(MembershipRow.id).where(MembershipRow.story_id == story.id, is_member(as_of))
    if conditions:
        statement = (
            statement.join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
            .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
            .where(*conditions)
        )
    return exists(statement.correlate(story))
