"""SQL conditions and sort keys of story lists."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Float, Text, and_, cast, exists, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from service.domain.stories.filters import Sort, StoryFilter
from service.store.search.phrase_query import name_query, phrase_query
from service.store.story_views.as_of import StoryTable, is_member
from service.store.story_views.history import select_survivors
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
    instant, start = literal(as_of, StoryVersionRow.valid_from.type), StoryVersionRow.valid_from
    if sort is Sort.NEWEST:
        ahead = select(func.max(StoryVersionRow.last_reported_at - start)).scalar_subquery()
        yield StoryVersionRow.last_reported_at <= instant + ahead
    if sort is Sort.RANK:
        ahead = select(func.max(StoryVersionRow.rank - func.hours_of(start))).scalar_subquery()
        # One extra hour absorbs the rounding errors of floating-point sums.
        yield StoryVersionRow.rank <= func.hours_of(instant) + ahead + 1


def conditions(
    story: StoryTable, as_of: datetime | None, story_filter: StoryFilter
) -> Iterable[ColumnElement[bool]]:
    """The SQL conditions of a filter on a story and its members."""
    condition_of: dict[str, Callable[[Any], ColumnElement[bool]]] = {
        "id": lambda ids: story.id.in_(select_survivors(ids, as_of)),
        "since": lambda at: story.last_reported_at >= at,
        "until": lambda at: story.last_reported_at < at,
        "changed_since": lambda at: story.changed_at >= at,
        "min_coverage": lambda count: story.coverage >= count,
        "min_independent": lambda count: story.independent >= count,
        "outlet": lambda slugs: has_report(story, as_of, OutletRow.slug.in_(slugs)),
        "family": lambda slugs: has_report(story, as_of, OutletRow.family.in_(slugs)),
        "country": lambda codes: has_report(story, as_of, OutletRow.country.in_(codes)),
        "language": lambda codes: story.languages.op("&&", is_comparison=True)(_array(codes)),
        "entity": lambda names: _matches_all(
            func.name_document(story.details, story.languages), map(name_query, names)
        ),
        "keyword": lambda phrases: _matches_all(
            func.keyword_document(story.keywords, story.languages), map(phrase_query, phrases)
        ),
        "storyline": lambda storyline_id: story.storyline_id == storyline_id,
        "state": lambda state: story.state == state,
    }
    for name in StoryFilter.model_fields:
        if value := getattr(story_filter, name):
            yield condition_of[name](value)


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


def _matches_all(
    document: ColumnElement[Any], queries: Iterable[ColumnElement[Any]]
) -> ColumnElement[bool]:
    return and_(*(document.op("@@", is_comparison=True)(query) for query in queries))


def _array(values: Iterable[str]) -> ColumnElement[Any]:
    return cast(list(values), ARRAY(Text))
