"""Similarity of reports to the meaning of a query: SQL condition, and stored meanings."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import ColumnElement, cast, exists, false, select
from sqlalchemy.orm import Session

from service.domain.queries.conditions import MIN_COSINE, HasReport, IsSimilar, Query
from service.store.database.arrays import equals_any
from service.store.story_views.as_of import StoryTable, is_member
from service.store.story_views.reports import is_hidden
from service.store.tables import MembershipRow, VectorRow


def has_similar_report(
    story: StoryTable, as_of: datetime | None, condition: IsSimilar
) -> ColumnElement[bool]:
    """Whether a report of a story is similar enough; compares each report, without an index."""
    if condition.model is None:
        return false()
    return exists(
        select(MembershipRow.id)
        .join(VectorRow, VectorRow.article_id == MembershipRow.article_id)
        .where(MembershipRow.story_id == story.id, is_member(as_of))
        .where(*_is_similar(condition), ~is_hidden(MembershipRow.article_id))
        .correlate(story)
    )


def select_similar_reports(session: Session, query: Query, articles: Collection[int]) -> Query:
    """Replace `IsSimilar` by the similar ones of some articles; one statement for each."""
    conditions = [
        HasReport(_find_similar(session, each, articles)) if isinstance(each, IsSimilar) else each
        for each in query.conditions
    ]
    return replace(query, conditions=tuple(conditions))


def _find_similar(
    session: Session, condition: IsSimilar, articles: Collection[int]
) -> tuple[int, ...]:
    if condition.model is None or not articles:
        return ()
    statement = select(VectorRow.article_id).where(
        equals_any(VectorRow.article_id, articles), *_is_similar(condition)
    )
    return tuple(session.scalars(statement))


def _is_similar(condition: IsSimilar) -> tuple[ColumnElement[bool], ...]:
    vector_type = HALFVEC(len(condition.vector))
    meant: Any = cast(list(condition.vector), vector_type)
    distance = cast(VectorRow.vector, vector_type).cosine_distance(meant)
    return VectorRow.model_id == condition.model, distance <= 1 - MIN_COSINE
