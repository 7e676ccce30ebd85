"""Compilation of search terms into tsqueries, with the vector space of the embedding model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY
from sqlalchemy.orm import Session

from service.domain.search.search_terms import SearchTerms
from service.store.tables import ModelRow

#: Entries of the vector index that one search visits, and the maximum for filtered searches.
EF_SEARCH, MAX_SCAN_TUPLES = 100, 4000
#: The stemmer of migration 0009 for queries without a language.
ENGLISH = "english"
#: Settings of the search transaction: bounded work, and plans for the terms of this query.
SETTINGS = {
    "plan_cache_mode": "force_custom_plan",
    "random_page_cost": "1.1",  # a few scattered rows, mostly cached
    "jit": "off",  # compiling a plan takes longer than any of these queries
    "hnsw.ef_search": str(EF_SEARCH),
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.max_scan_tuples": str(MAX_SCAN_TUPLES),
}


@dataclass(frozen=True, slots=True)
class VectorSpace:
    """A model's id in the database, and the dimensions of its vectors."""

    model: int
    dimensions: int


@dataclass(frozen=True, slots=True)
class CompiledSearch:
    """Text of the tsqueries, "" without any term; `space` is None if the model has no vectors."""

    tsquery: str
    excluded: str = ""  #: tsquery of the excluded terms
    space: VectorSpace | None = None


def compile_search(
    session: Session, terms: SearchTerms, languages: Sequence[str], model: str = ""
) -> CompiledSearch:
    """Compile terms for a search in the vectors of the model with the tag `model`; one statement.

    Each term matches as written or by its stem: in the language if `languages` has exactly one,
    otherwise in English. Side effect: `SETTINGS` apply to the rest of the transaction.
    """
    stemmer = stemmer_for(languages)

    def any_form(text: str) -> ColumnElement[Any]:
        exact = func.websearch_to_tsquery(cast("simple", REGCONFIG), text)
        return func.tsquery_or(exact, func.websearch_to_tsquery(stemmer, text))

    excluded: ColumnElement[Any] = cast("", TSQUERY)
    for term in terms.excluded:
        excluded = func.tsquery_or(excluded, any_form(term))
    model_columns = (
        select(column).where(ModelRow.tag == model).scalar_subquery()
        for column in (ModelRow.id, ModelRow.dimensions)
    )
    tsquery, excluded_tsquery, model_id, dimensions, *_ = session.execute(
        select(
            cast(any_form(terms.text), Text),
            cast(excluded, Text),
            *model_columns,
            *(func.set_config(*each, True) for each in SETTINGS.items()),
        )
    ).one()
    space = VectorSpace(model_id, dimensions) if model_id is not None else None
    return CompiledSearch(tsquery, excluded_tsquery, space)


def stemmer_for(languages: Sequence[str]) -> ColumnElement[Any]:
    """Return the text search configuration for a query in these languages."""
    language = languages[0] if len(languages) == 1 else ""
    stemmer = func.stemmer_of(language, type_=REGCONFIG)
    return func.coalesce(stemmer, cast(ENGLISH, REGCONFIG), type_=REGCONFIG)


def as_tsquery(text: str) -> ColumnElement[Any]:
    """Cast the text of a compiled tsquery."""
    return cast(text, TSQUERY)
