"""SQL conditions of a query on stories, current or at a past time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, Float, Text, and_, cast, exists, false, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from service.domain.queries.conditions import (
    AnyOf,
    Between,
    Field,
    HasReport,
    HasWords,
    IsSimilar,
    Query,
)
from service.domain.search.search_terms import SearchTerms
from service.errors import BadInputError
from service.store.articles.types import EFFECTIVE_TYPE
from service.store.counts.first_reports import is_first_report
from service.store.database.arrays import equals_any
from service.store.queries.missing import lacks_usual_outlet
from service.store.queries.similar import has_similar_report
from service.store.search.phrase_query import name_query, phrase_query
from service.store.story_views.as_of import StoryTable, is_member
from service.store.story_views.filters import has_report
from service.store.story_views.history import select_survivors
from service.store.story_views.reports import is_hidden
from service.store.tables import (
    ArticleDocumentRow,
    ArticleRow,
    MembershipRow,
    OutletRow,
    StoryRow,
)

Values = Sequence[str]
_COLUMNS: Mapping[Field, Callable[[StoryTable], ColumnElement[Any]]] = {
    Field.COVERAGE: lambda story: story.coverage.expression,
    Field.INDEPENDENT: lambda story: story.independent.expression,
    Field.ARTICLES: lambda story: story.articles.expression,
    Field.LANGUAGES: lambda story: func.cardinality(story.languages),
    Field.VELOCITY: lambda story: func.story_speed(story.details, type_=Float),
    Field.FIRST_REPORTED: lambda story: story.first_reported_at.expression,
    Field.REPORTED: lambda story: story.last_reported_at.expression,
    Field.CHANGED: lambda story: story.changed_at.expression,
}
#: Whether a report has one of the values.
_MEMBERS: Mapping[Field, Callable[[Values], ColumnElement[bool]]] = {
    Field.OUTLET: OutletRow.slug.in_,
    Field.FAMILY: OutletRow.family.in_,
    Field.COUNTRY: OutletRow.country.in_,
    Field.TYPE: EFFECTIVE_TYPE.in_,
}


def story_conditions(
    story: StoryTable, as_of: datetime | None, query: Query
) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of a resolved query on a story and its members at `as_of`."""
    for each in query.conditions:
        if isinstance(each, HasWords):
            yield from _words(story, as_of, each.terms)
        elif isinstance(each, HasReport):
            yield has_report(story, as_of, equals_any(ArticleRow.id, each.articles))
        elif isinstance(each, IsSimilar):
            yield has_similar_report(story, as_of, each)
        elif isinstance(each, Between):
            column = _countries(story, as_of) if each.field is Field.COUNTRIES else None
            yield in_range(_COLUMNS[each.field](story) if column is None else column, each)
        else:
            condition = _any_of(story, as_of, each)
            yield ~condition if each.negated else condition


def in_range(column: ColumnElement[Any], condition: Between) -> ColumnElement[bool]:
    """Whether a column is in the range of a condition."""
    bounds = []
    if condition.low is not None:
        bounds.append(column >= condition.low)
    if condition.high is not None:
        is_time = isinstance(condition.high, datetime)
        bounds.append(column < condition.high if is_time else column <= condition.high)
    return ~and_(*bounds) if condition.negated else and_(*bounds)


def _any_of(story: StoryTable, as_of: datetime | None, each: AnyOf) -> ColumnElement[bool]:
    if each.field in _MEMBERS:
        return has_report(story, as_of, _MEMBERS[each.field](each.values))
    if each.field is Field.FIRST_OUTLET:
        return has_report(story, as_of, OutletRow.slug.in_(each.values), *is_first_report(as_of))
    if each.field is Field.ID:
        return story.id.in_(select_survivors(each.values, as_of))
    if each.field is Field.MISSING_OUTLET:
        if as_of is not None:
            raise BadInputError(
                "missing_outlet is not supported at a past time: remove missing_outlet or as_of"
            )
        return lacks_usual_outlet(StoryRow, each.values)
    if each.field is Field.AGENCY:
        printed = (story.details.contains({"agencies": [{"slug": slug}]}) for slug in each.values)
        return or_(has_report(story, as_of, OutletRow.slug.in_(each.values)), *printed)
    return _VALUES[each.field](story, each.values)


def _matches_any(
    document: ColumnElement[Any], tsqueries: Iterable[ColumnElement[Any]]
) -> ColumnElement[bool]:
    return or_(*(matches(document, each) for each in tsqueries))


def _is_in_headline(story: StoryTable, values: Values) -> ColumnElement[bool]:
    # The document with the keywords has an index.
    documents = (
        func.story_document(story.headline, keywords, story.languages)
        for keywords in (story.keywords, cast([], ARRAY(Text)))
    )
    return and_(*(_matches_any(each, map(phrase_query, values)) for each in documents))


#: Whether a story has one of the values.
_VALUES: Mapping[Field, Callable[[StoryTable, Values], ColumnElement[bool]]] = {
    Field.LANGUAGE: lambda story, codes: story.languages.op("&&", is_comparison=True)(
        cast(list(codes), ARRAY(Text))
    ),
    Field.STORYLINE: lambda story, ids: func.coalesce(story.storyline_id.in_(ids), false()),
    Field.STATE: lambda story, states: story.state.in_(states),
    Field.ENTITY: lambda story, names: _matches_any(
        func.name_document(story.details, story.languages), map(name_query, names)
    ),
    Field.KEYWORD: lambda story, phrases: _matches_any(
        func.keyword_document(story.keywords, story.languages), map(phrase_query, phrases)
    ),
    Field.HEADLINE: _is_in_headline,
}


def matches(document: ColumnElement[Any], tsquery: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a document matches a tsquery."""
    return document.op("@@", is_comparison=True)(tsquery)


def _countries(story: StoryTable, as_of: datetime | None) -> ColumnElement[int]:
    """The number of countries of the outlets."""
    return (
        select(func.count(OutletRow.country.distinct()))
        .select_from(MembershipRow)
        .join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
        .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
        .where(MembershipRow.story_id == story.id, is_member(as_of), ~is_hidden(ArticleRow.id))
        .correlate(story)
        .scalar_subquery()
    )


def _words(
    story: StoryTable, as_of: datetime | None, terms: SearchTerms
) -> Iterator[ColumnElement[bool]]:
    if terms.groups:
        yield _has_text(story, as_of, required_query(terms))
    for excluded in terms.excluded:
        yield ~_has_text(story, as_of, phrase_query(excluded))


def required_query(terms: SearchTerms) -> ColumnElement[Any]:
    """The tsquery of the required words and phrases."""
    groups = (
        reduce(lambda left, right: left.op("&&")(right), map(phrase_query, group))
        for group in terms.groups
    )
    return reduce(lambda left, right: left.op("||")(right), groups)


def _has_text(
    story: StoryTable, as_of: datetime | None, tsquery: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Whether the document of a report matches a tsquery."""
    return exists(
        select(MembershipRow.id)
        .join(ArticleDocumentRow, ArticleDocumentRow.article_id == MembershipRow.article_id)
        .where(MembershipRow.story_id == story.id, is_member(as_of))
        .where(matches(ArticleDocumentRow.document.expression, tsquery))
        .where(~is_hidden(MembershipRow.article_id))
        .correlate(story)
    )
