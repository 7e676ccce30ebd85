"""Keyword and semantic rankings of visible articles and stories, best first.

SQLAlchemy builds one statement per set of parameter names and caches it: building a statement
takes as long as running it.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    select,
)
from sqlalchemy.orm import Session

from service.store.queries.reports import report_conditions
from service.store.queries.stories import story_conditions
from service.store.search.compiled_search import CompiledSearch, VectorSpace
from service.store.search.filters import (
    QUERY,
    ParameterNames,
    SearchFilter,
    document_conditions,
    excludes,
    matches,
    named_report_conditions,
    parameters_for,
    rest_conditions,
)
from service.store.story_views.as_of import is_member
from service.store.story_views.filters import has_report
from service.store.tables import (
    ArticleDocumentRow,
    ConstraintRow,
    MembershipRow,
    StoryRow,
    VectorRow,
)

#: Number of latest matches that ts_rank is computed for.
MAX_SCORED = 400
#: Length of one ranking.
MAX_RANKED = 100
#: Postgres has two plans for the latest matches: read all matches from the text index and sort
#: them, or read the time index row by row until there are enough matches. Its cost model hardly
#: counts the comparison of documents, so Postgres would scan fifty thousand articles rather than
#: sort three thousand. If the limit is multiplied by these factors, Postgres switches between the
#: plans where both take the same time, under ten milliseconds.
ARTICLE_LIMIT_FACTOR, STORY_LIMIT_FACTOR = 6, 15
#: Minimum cosine similarity of a semantic match. In the samples, the articles nearest to
#: unrelated queries have .24 to .31.
MIN_SIMILARITY = 0.3

_MERGED: ColumnElement[str] = literal_column("'merged'")


def rank_articles_by_keywords(
    session: Session, search: CompiledSearch, filters: SearchFilter
) -> list[int]:
    """Rank articles by ts_rank, the latest `MAX_SCORED` matches only; one statement."""
    parameters = parameters_for(search, filters)
    names = frozenset(parameters)
    if filters.has_rest:
        statement = _build_article_statement(
            names, *rest_conditions(session, filters), as_of=filters.rest.time
        )
    else:
        statement = _article_statement(names)
    return list(session.scalars(statement, parameters))


def rank_articles_by_embedding(
    session: Session, vector: NDArray[np.float32], search: CompiledSearch, filters: SearchFilter
) -> list[int]:
    """Rank articles by the cosine of their vectors in the search's space; one statement.

    A filtered search ends after `compiled_search.MAX_SCAN_TUPLES` articles, even with fewer than
    `MAX_RANKED` results.
    """
    if search.space is None:
        return []
    parameters = parameters_for(search, filters)
    if not search.has_phrase:
        parameters.pop("tsquery", None)
    names = frozenset(parameters)
    if filters.has_rest:
        statement = _build_embedding_statement(
            names, search.space, *rest_conditions(session, filters), as_of=filters.rest.time
        )
    else:
        statement = _embedding_statement(names, search.space)
    return list(session.scalars(statement, parameters | {"vector": vector.tolist()}))


def rank_stories_by_keywords(
    session: Session, search: CompiledSearch, filters: SearchFilter
) -> list[str]:
    """Rank stories by ts_rank of their headline and keywords; one statement.

    An editor's headline matches here, although no article contains it. Only the latest
    `MAX_RANKED` matches are scored; with filters, the latest `MAX_SCORED` matches are checked for
    a report that satisfies them.
    """
    parameters = parameters_for(search, filters)
    names = frozenset(parameters)
    if filters.has_rest:
        on_reports, on_stories = filters.rest.split()
        statement = _build_story_statement(
            names,
            list(report_conditions(session, on_reports)),
            list(story_conditions(StoryRow, None, on_stories)),
        )
    else:
        statement = _story_statement(names)
    return list(session.scalars(statement, parameters))


@cache
def _article_statement(names: ParameterNames) -> Select[int]:
    return _build_article_statement(names)


def _build_article_statement(
    names: ParameterNames, *rest: ColumnElement[bool], as_of: datetime | None = None
) -> Select[int]:
    row = ArticleDocumentRow
    latest_first = (row.reported_at.desc(), row.article_id.desc())
    matching = (
        select(row.reported_at, row.article_id)
        .where(*matches(row.document.expression, names), *document_conditions(names), *rest)
        .order_by(*latest_first)
    )
    latest = _latest(matching, MAX_SCORED, ARTICLE_LIMIT_FACTOR)
    return (
        select(row.article_id)
        .join(latest, latest.c.article_id == row.article_id)
        .where(*_is_visible(row.article_id.expression, as_of))
        .order_by(func.ts_rank(row.document, QUERY).desc(), *latest_first)
        .limit(MAX_RANKED)
    )


@cache
def _embedding_statement(names: ParameterNames, space: VectorSpace) -> Select[int]:
    return _build_embedding_statement(names, space)


def _build_embedding_statement(
    names: ParameterNames,
    space: VectorSpace,
    *rest: ColumnElement[bool],
    as_of: datetime | None = None,
) -> Select[int]:
    # The numbers are literals in the statement: each model has a partial index of its own.
    vector_type = HALFVEC(space.dimensions)
    distance = cast(VectorRow.vector, vector_type).cosine_distance(
        cast(bindparam("vector"), vector_type)
    )
    nearest = select(VectorRow.article_id, distance.label("distance")).where(
        VectorRow.model_id == literal_column(str(int(space.model)))
    )
    document = ArticleDocumentRow.document.expression
    compare = matches if "tsquery" in names else excludes
    if conditions := [*document_conditions(names), *compare(document, names), *rest]:
        same = ArticleDocumentRow.article_id == VectorRow.article_id
        nearest = nearest.join(ArticleDocumentRow, same).where(*conditions)
    candidates = nearest.order_by(distance).limit(MAX_RANKED).subquery()
    return (
        select(candidates.c.article_id)
        .where(
            candidates.c.distance <= 1 - MIN_SIMILARITY,
            *_is_visible(candidates.c.article_id, as_of),
        )
        .order_by(candidates.c.distance, candidates.c.article_id)
    )


@cache
def _story_statement(names: ParameterNames) -> Select[str]:
    return _build_story_statement(names, [], [])


def _build_story_statement(
    names: ParameterNames,
    on_reports: list[ColumnElement[bool]],
    on_stories: list[ColumnElement[bool]],
) -> Select[str]:
    document = func.story_document(StoryRow.headline, StoryRow.keywords, StoryRow.languages)
    conditions = [*named_report_conditions(names), *on_reports]
    matching = (
        select(StoryRow.last_reported_at, StoryRow.id)
        .where(*matches(document, names), StoryRow.state != _MERGED, ~StoryRow.hidden)
        .where(*on_stories)
        .order_by(StoryRow.last_reported_at.desc(), StoryRow.id.desc())
    )
    if "since" in names:
        matching = matching.where(StoryRow.last_reported_at >= bindparam("since"))
    latest = _latest(matching, MAX_SCORED if conditions else MAX_RANKED, STORY_LIMIT_FACTOR)
    statement = (
        select(StoryRow.id)
        .join(latest, latest.c.id == StoryRow.id)
        .order_by(
            func.ts_rank(document, QUERY).desc(), StoryRow.last_reported_at.desc(), StoryRow.id
        )
        .limit(MAX_RANKED)
    )
    return statement.where(has_report(StoryRow, None, *conditions)) if conditions else statement


def _latest(matching: Select[*tuple[Any, ...]], limit: int, factor: int) -> CTE:
    """Select the first `limit` rows, while Postgres plans for `factor` times as many.

    Postgres plans a materialized CTE for its whole limit, but computes only the rows that the
    outer query reads. `ARTICLE_LIMIT_FACTOR` explains the factor.
    """
    planned = matching.limit(limit * factor).cte("planned").prefix_with("MATERIALIZED")
    first = select(planned).order_by(*(column.desc() for column in planned.c)).limit(limit)
    return first.cte("latest").prefix_with("MATERIALIZED")


def _is_visible(
    article_id: ColumnElement[int], as_of: datetime | None
) -> Iterable[ColumnElement[bool]]:
    """Yield the conditions that no editor hid the article or its story at `as_of`."""
    yield ~exists().where(
        ConstraintRow.article_id == article_id,
        ConstraintRow.kind == "hide",
        ConstraintRow.revoked_at.is_(None),
    )
    yield ~exists().where(
        MembershipRow.article_id == article_id,
        is_member(as_of),
        StoryRow.id == MembershipRow.story_id,
        StoryRow.hidden,
    )
