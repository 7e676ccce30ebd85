"""What a question comes to: queries as Postgres writes them, and where its vector is looked up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY
from sqlalchemy.orm import Session

from service.domain.search.query_words import WantedWords
from service.store.tables import ModelRow

#: Entries of the index of vectors that one search looks at, and most of them behind filters.
WIDTH, WIDEST = 100, 4000
#: Of the stemmers of migration 0009, the one for questions that name no language.
ENGLISH = "english"
#: Of the transaction that searches: bounded work, and plans for the words that are asked for.
SETTINGS = {
    "plan_cache_mode": "force_custom_plan",
    "random_page_cost": "1.1",  # a few rows here and there, mostly from memory
    "jit": "off",  # to compile a plan takes longer than any of these runs
    "hnsw.ef_search": str(WIDTH),
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.max_scan_tuples": str(WIDEST),
}


@dataclass(frozen=True, slots=True)
class Space:
    """Where the vectors of a model are: its number in the store, and numbers per vector."""

    model: int
    dimensions: int


@dataclass(frozen=True, slots=True)
class Lookup:
    """Queries as Postgres writes them, "" where no word is left; `space` if there are vectors."""

    words: str
    left_out: str = ""  #: what must not be there
    space: Space | None = None


def look_up(
    session: Session, wanted: WantedWords, languages: Sequence[str], model: str = ""
) -> Lookup:
    """What Postgres looks for, among the vectors of the model with a tag; one statement.

    Each word as it is written or by its stem: in the language, if just one is asked for, else
    in English. The transaction has the settings of searches from then on.
    """
    stemmer = stemmer_for(languages)

    def forms(words: str) -> ColumnElement[Any]:
        exact = func.websearch_to_tsquery(cast("simple", REGCONFIG), words)
        return func.tsquery_or(exact, func.websearch_to_tsquery(stemmer, words))

    left_out: ColumnElement[Any] = cast("", TSQUERY)
    for words in wanted.left_out:
        left_out = func.tsquery_or(left_out, forms(words))
    known = (
        select(column).where(ModelRow.tag == model).scalar_subquery()
        for column in (ModelRow.id, ModelRow.dimensions)
    )
    words_text, left_out_text, number, dimensions, *_ = session.execute(
        select(
            cast(forms(wanted.text), Text),
            cast(left_out, Text),
            *known,
            *(func.set_config(*each, True) for each in SETTINGS.items()),
        )
    ).one()
    space = Space(number, dimensions) if number is not None else None
    return Lookup(words_text, left_out_text, space)


def stemmer_for(languages: Sequence[str]) -> ColumnElement[Any]:
    """By which the words of a question are stemmed."""
    language = languages[0] if len(languages) == 1 else ""
    known = func.stemmer_of(language, type_=REGCONFIG)
    return func.coalesce(known, cast(ENGLISH, REGCONFIG), type_=REGCONFIG)


def as_query(query: str) -> ColumnElement[Any]:
    """A query as Postgres wrote it."""
    return cast(query, TSQUERY)
