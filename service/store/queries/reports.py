"""SQL conditions of a query on single reports: lists of articles, search and counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from service.domain.queries.conditions import (
    AnyOf,
    Between,
    Field,
    HasReport,
    HasWords,
    Query,
)
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


@dataclass(frozen=True, slots=True)
class ReportColumns:
    """Columns of a table of reports that conditions refer to."""

    id: ColumnElement[int]
    reported_at: ColumnElement[datetime]
    outlet_id: ColumnElement[int]
    language: ColumnElement[str]
    type: ColumnElement[str]


ARTICLES = ReportColumns(
    ArticleRow.id.expression,
    ArticleRow.reported_at.expression,
    ArticleRow.outlet_id.expression,
    LANGUAGE_CODE,
    EFFECTIVE_TYPE,
)
DOCUMENTS = ReportColumns(
    ArticleDocumentRow.article_id.expression,
    ArticleDocumentRow.reported_at.expression,
    ArticleDocumentRow.outlet_id.expression,
    ArticleDocumentRow.language.expression,
    select(EFFECTIVE_TYPE).where(ArticleRow.id == ArticleDocumentRow.article_id).scalar_subquery(),
)


def report_conditions(
    session: Session, query: Query, columns: ReportColumns = ARTICLES
) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of a resolved query on reports (`Query.split`).

    A condition on languages of `ARTICLES` needs a join with `OutletRow`. One statement for all
    conditions on outlets.
    """
    outlets: list[ColumnElement[bool]] = []
    own = {Field.LANGUAGE: columns.language, Field.TYPE: columns.type}
    for each in query.conditions:
        if isinstance(each, HasWords):
            yield from _words(columns.id, each.terms)
        elif isinstance(each, HasReport):
            yield equals_any(columns.id, each.articles)
        elif isinstance(each, Between):
            if each.field is Field.REPORTED:
                yield in_range(columns.reported_at, each)
        elif isinstance(each, AnyOf):
            if each.field in _OUTLET_COLUMNS:
                outlets.append(_is_any(_OUTLET_COLUMNS[each.field].expression, each))
            elif each.field in own:
                yield _is_any(own[each.field], each)
    if outlets:  # Ids of outlets let Postgres choose the index of articles.
        yield columns.outlet_id.in_(session.scalars(select(OutletRow.id).where(*outlets)).all())


def has_language(query: Query) -> bool:
    """Whether the conditions on reports need `OutletRow`."""
    return bool(query.values(Field.LANGUAGE))


def _is_any(column: ColumnElement[Any], condition: AnyOf) -> ColumnElement[bool]:
    if condition.negated:
        return func.coalesce(column, "").not_in(condition.values)
    return column.in_(condition.values)


def _words(article_id: ColumnElement[int], terms: SearchTerms) -> Iterator[ColumnElement[bool]]:
    if terms.groups:
        yield _has_text(article_id, required_query(terms))
    for excluded in terms.excluded:
        yield ~_has_text(article_id, phrase_query(excluded))


def _has_text(article_id: ColumnElement[int], tsquery: ColumnElement[Any]) -> ColumnElement[bool]:
    document = aliased(ArticleDocumentRow)
    return article_id.in_(
        select(document.article_id).where(matches(document.document.expression, tsquery))
    )
