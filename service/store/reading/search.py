"""What is found by words and by meaning, best first, without anything that an editor hid."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import ColumnElement, Text, cast, exists, func, literal_column, select
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY
from sqlalchemy.orm import Session

from service.domain.wanted_words import WantedWords
from service.store.reading.reports import LANGUAGE
from service.store.reading.selection import has_report
from service.store.tables import (
    ArticleDocumentRow,
    ArticleRow,
    ConstraintRow,
    MembershipRow,
    ModelRow,
    OutletRow,
    StoryRow,
    VectorRow,
)

#: Of articles, or stories, that hold the words so many of the latest are weighed.
WEIGHED = 1000
#: Of one kind of ranking so many are kept.
KEPT = 100
#: Entries of the index of vectors that one search looks at, and most of them behind filters.
WIDTH, WIDEST = 120, 4000
#: Articles whose vectors are further from what is asked, as a cosine, have nothing to do with it: of
#: the samples the nearest to questions about other things lie at .24 to .31.
NEAR = 0.3
#: Of the stemmers of migration 0009, the one for questions that name no language.
ENGLISH = "english"

_NOT_MERGED: ColumnElement[str] = literal_column("'merged'")


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Which reports are looked at; None and () leave a condition out."""

    since: datetime | None = None  #: reported then or later
    until: datetime | None = None  #: reported before
    outlets: tuple[str, ...] = ()  #: slugs
    languages: tuple[str, ...] = ()  #: ISO 639-1


@dataclass(frozen=True, slots=True)
class Lookup:
    """Queries as Postgres writes them; "" where no word is left."""

    words: str
    left_out: str = ""  #: what must not be there

    def holds(self, document: ColumnElement[Any]) -> Iterable[ColumnElement[bool]]:
        """Whether a document has the words, and none that is left out."""
        yield document.op("@@", is_comparison=True)(as_query(self.words))
        yield from self.spares(document)

    def spares(self, document: ColumnElement[Any]) -> Iterable[ColumnElement[bool]]:
        """Whether a document has none of the words that are left out."""
        if self.left_out:
            yield ~document.op("@@", is_comparison=True)(as_query(self.left_out))


def prepare(session: Session) -> None:
    """Settings of this transaction: bounded work, and plans for the words that are asked for."""
    settings = {
        "plan_cache_mode": "force_custom_plan",
        "random_page_cost": "1.1",  # a few rows here and there, mostly from memory
        "hnsw.ef_search": str(WIDTH),
        "hnsw.iterative_scan": "relaxed_order",
        "hnsw.max_scan_tuples": str(WIDEST),
    }
    session.execute(select(*(func.set_config(*each, True) for each in settings.items())))


def lookup_of(session: Session, wanted: WantedWords, languages: Sequence[str]) -> Lookup:
    """What Postgres looks for; one statement.

    Each word as it is written or by its stem: in the language, if just one is asked for, else
    in English.
    """
    stemmer = stemmer_for(languages)

    def forms(words: str) -> ColumnElement[Any]:
        exact = func.websearch_to_tsquery(cast("simple", REGCONFIG), words)
        return func.tsquery_or(exact, func.websearch_to_tsquery(stemmer, words))

    left_out: ColumnElement[Any] = cast("", TSQUERY)
    for words in wanted.left_out:
        left_out = func.tsquery_or(left_out, forms(words))
    queries = [cast(each, Text) for each in (forms(wanted.text), left_out)]
    found = session.execute(select(*queries)).one()
    return Lookup(words=found[0], left_out=found[1])


def articles_by_words(session: Session, lookup: Lookup, wanted: SearchFilter) -> list[int]:
    """Ids of the articles that hold the words, those that hold them best first; one statement.

    Of those that do, the latest `WEIGHED` are weighed.
    """
    row = ArticleDocumentRow
    held = (
        select(row.article_id, row.document, row.reported_at)
        .where(*lookup.holds(row.document.expression), *_conditions(wanted))
        .order_by(row.reported_at.desc())
        .limit(WEIGHED)
        .subquery()
    )
    weight = func.ts_rank(held.c.document, as_query(lookup.words))
    statement = (
        select(held.c.article_id)
        .where(*_shown(held.c.article_id))
        .order_by(weight.desc(), held.c.reported_at.desc(), held.c.article_id.desc())
        .limit(KEPT)
    )
    return list(session.scalars(statement))


def articles_by_meaning(
    session: Session,
    tag: str,
    vector: NDArray[np.float32],
    lookup: Lookup,
    wanted: SearchFilter,
) -> list[int]:
    """Ids of the articles whose vectors of a model are nearest, the nearest first; two statements.

    With a filter the search ends after `WIDEST` articles, whether it found `KEPT` or not.
    """
    known = session.execute(
        select(ModelRow.id, ModelRow.dimensions).where(ModelRow.tag == tag)
    ).one_or_none()
    if known is None:
        return []
    model, dimensions = known
    # Numbers in the text of the statement: each model has an index of its own.
    column = cast(VectorRow.vector, HALFVEC(dimensions))
    distance = column.cosine_distance(cast(vector.tolist(), HALFVEC(dimensions)))
    near = select(VectorRow.article_id, distance.label("distance")).where(
        VectorRow.model_id == literal_column(str(int(model)))
    )
    spared = lookup.spares(ArticleDocumentRow.document.expression)
    if conditions := [*_conditions(wanted), *spared]:
        same = ArticleDocumentRow.article_id == VectorRow.article_id
        near = near.join(ArticleDocumentRow, same).where(*conditions)
    found = near.order_by(distance).limit(KEPT).subquery()
    statement = (
        select(found.c.article_id)
        .where(found.c.distance <= 1 - NEAR, *_shown(found.c.article_id))
        .order_by(found.c.distance, found.c.article_id)
    )
    return list(session.scalars(statement))


def stories_by_words(session: Session, lookup: Lookup, wanted: SearchFilter) -> list[str]:
    """Ids of the stories whose headline and keywords hold the words, best first; one statement.

    It finds what an editor wrote, which is in no article. Of those that do, the latest `KEPT` are
    weighed; with a filter the latest `WEIGHED` are asked for a report that fits.
    """
    document = func.story_document(StoryRow.headline, StoryRow.keywords)
    fitting = list(_of_reports(wanted))
    held = (
        select(StoryRow.id)
        .where(*lookup.holds(document), StoryRow.state != _NOT_MERGED, ~StoryRow.hidden)
        .order_by(StoryRow.last_reported_at.desc())
        .limit(WEIGHED if fitting else KEPT)
    )
    if wanted.since:
        held = held.where(StoryRow.last_reported_at >= wanted.since)
    latest = held.cte("latest").prefix_with("MATERIALIZED")  # first these, then all else
    weight = func.ts_rank(document, as_query(lookup.words))
    statement = (
        select(StoryRow.id)
        .join(latest, latest.c.id == StoryRow.id)
        .order_by(weight.desc(), StoryRow.last_reported_at.desc(), StoryRow.id)
        .limit(KEPT)
    )
    if fitting:
        statement = statement.where(has_report(StoryRow, None, *fitting))
    return list(session.scalars(statement))


def stemmer_for(languages: Sequence[str]) -> ColumnElement[Any]:
    """By which the words of a question are stemmed."""
    language = languages[0] if len(languages) == 1 else ""
    known = func.stemmer_of(language, type_=REGCONFIG)
    return func.coalesce(known, cast(ENGLISH, REGCONFIG), type_=REGCONFIG)


def as_query(query: str) -> ColumnElement[Any]:
    """A query as Postgres wrote it."""
    return cast(query, TSQUERY)


def _conditions(wanted: SearchFilter) -> Iterable[ColumnElement[bool]]:
    row = ArticleDocumentRow
    if wanted.since:
        yield row.reported_at >= wanted.since
    if wanted.until:
        yield row.reported_at < wanted.until
    if wanted.outlets:
        named = select(OutletRow.id).where(OutletRow.slug.in_(wanted.outlets))
        yield row.outlet_id.in_(named)
    if wanted.languages:
        yield row.language.in_(wanted.languages)


def _of_reports(wanted: SearchFilter) -> Iterable[ColumnElement[bool]]:
    """The same of a report, as `has_report` takes it."""
    if wanted.since:
        yield ArticleRow.reported_at >= wanted.since
    if wanted.until:
        yield ArticleRow.reported_at < wanted.until
    if wanted.outlets:
        yield OutletRow.slug.in_(wanted.outlets)
    if wanted.languages:
        subtag = func.lower(func.split_part(LANGUAGE, "-", 1))
        yield subtag.in_(wanted.languages)


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
