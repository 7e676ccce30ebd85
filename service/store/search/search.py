"""What is found by words and by meaning, best first, without anything that an editor hid.

Statements are written once for each set of conditions that is asked for, and kept: to write one
takes as long as to look a word up.
"""

from collections.abc import Iterable
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

from service.store.search.filters import (
    WORDS,
    Given,
    SearchFilter,
    holds,
    of_documents,
    of_reports,
    spares,
    values_of,
)
from service.store.search.lookup import Lookup, Space
from service.store.story_views.filters import has_report
from service.store.tables import (
    ArticleDocumentRow,
    ConstraintRow,
    MembershipRow,
    StoryRow,
    VectorRow,
)

#: Of articles, or stories, that hold the words so many of the latest are weighed.
WEIGHED = 400
#: Of one kind of ranking so many are kept.
KEPT = 100
#: The latest that hold the words are found in one of two ways: all of them by the index of words, or
#: one after the other by the index of times, until there are enough. Postgres prices both by the
#: pages that they read and hardly by the documents that they look through, so it would go through
#: fifty thousand articles rather than sort three thousand. Told that so many times more are wanted,
#: it changes from one to the other where both take as long, under ten milliseconds.
DEARER_ARTICLE, DEARER_STORY = 6, 15
#: Articles whose vectors are further from what is asked, as a cosine, have nothing to do with it: of
#: the samples the nearest to questions about other things lie at .24 to .31.
NEAR = 0.3

_NOT_MERGED: ColumnElement[str] = literal_column("'merged'")


def articles_by_words(session: Session, lookup: Lookup, wanted: SearchFilter) -> list[int]:
    """Ids of the articles that hold the words, those that hold them best first; one statement.

    Of those that do, the latest `WEIGHED` are weighed.
    """
    values = values_of(lookup, wanted)
    return list(session.scalars(_articles_by_words(frozenset(values)), values))


def articles_by_meaning(
    session: Session, vector: NDArray[np.float32], lookup: Lookup, wanted: SearchFilter
) -> list[int]:
    """Ids of the articles whose vectors are nearest in the lookup's space, the nearest first.

    One statement. With a filter the search ends after `lookup.WIDEST` articles, whether it found
    `KEPT` or not.
    """
    if lookup.space is None:  # nothing was read by the model so far
        return []
    values = values_of(lookup, wanted)
    values.pop("words", None)
    statement = _articles_by_meaning(frozenset(values), lookup.space)
    return list(session.scalars(statement, values | {"vector": vector.tolist()}))


def stories_by_words(session: Session, lookup: Lookup, wanted: SearchFilter) -> list[str]:
    """Ids of the stories whose headline and keywords hold the words, best first; one statement.

    It finds what an editor wrote, which is in no article. Of those that do, the latest `KEPT` are
    weighed; with a filter the latest `WEIGHED` are asked for a report that fits.
    """
    values = values_of(lookup, wanted)
    return list(session.scalars(_stories_by_words(frozenset(values)), values))


@cache
def _articles_by_words(given: Given) -> Select[int]:
    row = ArticleDocumentRow
    times = (row.reported_at.desc(), row.article_id.desc())
    held = (
        select(row.reported_at, row.article_id)
        .where(*holds(row.document.expression, given), *of_documents(given))
        .order_by(*times)
    )
    latest = _latest(held, WEIGHED, DEARER_ARTICLE)
    return (
        select(row.article_id)
        .join(latest, latest.c.article_id == row.article_id)
        .where(*_shown(row.article_id.expression))
        .order_by(func.ts_rank(row.document, WORDS).desc(), *times)
        .limit(KEPT)
    )


@cache
def _articles_by_meaning(given: Given, space: Space) -> Select[int]:
    # Numbers in the text of the statement: each model has an index of its own.
    kind = HALFVEC(space.dimensions)
    distance = cast(VectorRow.vector, kind).cosine_distance(cast(bindparam("vector"), kind))
    near = select(VectorRow.article_id, distance.label("distance")).where(
        VectorRow.model_id == literal_column(str(int(space.model)))
    )
    spared = spares(ArticleDocumentRow.document.expression, given)
    if conditions := [*of_documents(given), *spared]:
        same = ArticleDocumentRow.article_id == VectorRow.article_id
        near = near.join(ArticleDocumentRow, same).where(*conditions)
    found = near.order_by(distance).limit(KEPT).subquery()
    return (
        select(found.c.article_id)
        .where(found.c.distance <= 1 - NEAR, *_shown(found.c.article_id))
        .order_by(found.c.distance, found.c.article_id)
    )


@cache
def _stories_by_words(given: Given) -> Select[str]:
    document = func.story_document(StoryRow.headline, StoryRow.keywords)
    fitting = list(of_reports(given))
    held = (
        select(StoryRow.last_reported_at, StoryRow.id)
        .where(*holds(document, given), StoryRow.state != _NOT_MERGED, ~StoryRow.hidden)
        .order_by(StoryRow.last_reported_at.desc(), StoryRow.id.desc())
    )
    if "since" in given:
        held = held.where(StoryRow.last_reported_at >= bindparam("since"))
    latest = _latest(held, WEIGHED if fitting else KEPT, DEARER_STORY)
    statement = (
        select(StoryRow.id)
        .join(latest, latest.c.id == StoryRow.id)
        .order_by(
            func.ts_rank(document, WORDS).desc(), StoryRow.last_reported_at.desc(), StoryRow.id
        )
        .limit(KEPT)
    )
    return statement.where(has_report(StoryRow, None, *fitting)) if fitting else statement


def _latest(held: Select[*tuple[Any, ...]], most: int, dearer: int) -> CTE:
    """The first rows of what is in order of time, latest first, found before all else.

    Of a materialized part of a query Postgres makes no more rows than are asked for, but plans for
    all; `dearer` is said above.
    """
    believed = held.limit(most * dearer).cte("believed").prefix_with("MATERIALIZED")
    first = select(believed).order_by(*(column.desc() for column in believed.c)).limit(most)
    return first.cte("latest").prefix_with("MATERIALIZED")


def _shown(article_id: ColumnElement[int]) -> Iterable[ColumnElement[bool]]:
    """Neither the article nor its story is hidden by an editor."""
    yield ~exists().where(
        ConstraintRow.article_id == article_id,
        ConstraintRow.kind == "hide",
        ConstraintRow.revoked_at.is_(None),
    )
    yield ~exists().where(
        MembershipRow.article_id == article_id,
        MembershipRow.valid_until.is_(None),
        StoryRow.id == MembershipRow.story_id,
        StoryRow.hidden,
    )
