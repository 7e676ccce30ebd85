"""SQL conditions of a query on single reports: lists of articles, search and counts."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from service.domain.queries.conditions import AnyOf, Between, Field, HasReport, HasWords, Query
from service.domain.search.search_terms import SearchTerms
from service.store.articles.types import EFFECTIVE_TYPE
from service.store.database.arrays import equals_any
from service.store.queries.stories import in_range, matches, required_query
from service.store.search.phrase_query import phrase_query
from service.store.story_views.reports import LANGUAGE_CODE
from service.store.tables import ArticleDocumentRow, ArticleRow, OutletRow

_OUTLET_COLUMNS = {
    Field.OUTLET: OutletRow.slug,
    Field.FAMILY: OutletRow.family,
    Field.COUNTRY: OutletRow.country,
}


def report_conditions(session: Session, query: Query) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of a resolved query on `ArticleRow`, joined with `OutletRow`.

    Only the conditions on reports (`Query.split`). One statement for all conditions on outlets.
    """
    outlets: list[ColumnElement[bool]] = []
    for each in query.conditions:
        if isinstance(each, HasWords):
            yield from _words(each.terms)
        elif isinstance(each, HasReport):
            yield equals_any(ArticleRow.id, each.articles)
        elif isinstance(each, Between):
            if each.field is Field.REPORTED:
                yield in_range(ArticleRow.reported_at.expression, each)
        elif each.field in _OUTLET_COLUMNS:
            outlets.append(_is_any(_OUTLET_COLUMNS[each.field].expression, each))
        elif each.field is Field.LANGUAGE:
            yield _is_any(LANGUAGE_CODE, each)
        elif each.field is Field.TYPE:
            yield _is_any(EFFECTIVE_TYPE, each)
    if outlets:  # Ids of outlets let Postgres choose the index of articles.
        yield ArticleRow.outlet_id.in_(session.scalars(select(OutletRow.id).where(*outlets)).all())


def has_language(query: Query) -> bool:
    """Whether the conditions on reports need `OutletRow`."""
    return bool(query.values(Field.LANGUAGE))


def _is_any(column: ColumnElement[Any], condition: AnyOf) -> ColumnElement[bool]:
    if condition.negated:
        return func.coalesce(column, "").not_in(condition.values)
    return column.in_(condition.values)


def _words(terms: SearchTerms) -> Iterator[ColumnElement[bool]]:
    if terms.groups:
        yield _has_text(required_query(terms))
    for excluded in terms.excluded:
        yield ~_has_text(phrase_query(excluded))


def _has_text(tsquery: ColumnElement[Any]) -> ColumnElement[bool]:
    matching = select(ArticleDocumentRow.article_id)
    return ArticleRow.id.in_(
        matching.where(matches(ArticleDocumentRow.document.expression, tsquery))
    )
