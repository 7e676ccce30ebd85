"""Compilation of search terms into tsqueries, with the vector space of the embedding model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from service.domain.search.search_terms import SearchTerms, format_websearch
from service.domain.search.word_forms import languages_of_script
from service.store.search.phrase_query import languages_of_forms
from service.store.tables import ModelRow

#: Entries of the vector index that one search visits, and the maximum for filtered searches.
EF_SEARCH, MAX_SCAN_TUPLES = 100, 4000
#: Settings of the search transaction: bounded work, and plans for the terms of this query.
SETTINGS = {
    "plan_cache_mode": "force_custom_plan",
    "random_page_cost": "1.1",  # a few scattered rows, mostly cached
    "jit": "off",  # compiling a plan takes longer than any of these queries
    "hnsw.ef_search": str(EF_SEARCH),
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.max_scan_tuples": str(MAX_SCAN_TUPLES),
}
#: The tsquery of each text by the stemmer of its language; without stemming if there is none.
_TSQUERIES = text(
    "ARRAY(SELECT websearch_to_tsquery(coalesce(stemmer_of(language), 'simple'), value)::text "
    "FROM unnest(CAST(:languages AS text[]), CAST(:texts AS text[])) "
    "WITH ORDINALITY AS term (language, value, number) ORDER BY number)"
)


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
    has_phrase: bool = False  #: a phrase in quotes: semantic results must match `tsquery`, too


def compile_search(
    session: Session, terms: SearchTerms, languages: Sequence[str], model: str = ""
) -> CompiledSearch:
    """Compile terms for a search in the vectors of the model with the tag `model`; one statement.

    Each term matches as written, or by its stem in the language of the document. `languages`
    restricts the languages; without any, those of the query's scripts apply. Side effect:
    `SETTINGS` apply to the rest of the transaction.
    """
    stemmers, inputs = languages_of_forms(
        tuple(languages) or languages_of_script(terms.text + " ".join(terms.excluded))
    )
    groups = (terms.text, *terms.excluded)
    parameters = {
        "languages": list(stemmers) * len(groups),
        "texts": [format_websearch(group, each) for group in groups for each in inputs],
    }
    model_columns = (
        select(column).where(ModelRow.tag == model).scalar_subquery()
        for column in (ModelRow.id, ModelRow.dimensions)
    )
    tsqueries, model_id, dimensions, *_ = session.execute(
        select(
            _TSQUERIES.bindparams(**parameters),
            *model_columns,
            *(func.set_config(*each, True) for each in SETTINGS.items()),
        )
    ).one()
    required, *excluded = (_any_form(inputs[1:], each) for each in _split(tsqueries, len(inputs)))
    space = VectorSpace(model_id, dimensions) if model_id is not None else None
    return CompiledSearch(required, " | ".join(filter(None, excluded)), space, terms.has_phrase)


def _split(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _any_form(languages: Sequence[str], tsqueries: Sequence[str]) -> str:
    """Combine the tsquery of whole words with those of stems, each for documents of its languages.

    The first tsquery is that of whole words. Each document has a marker of its languages.
    """
    exact, *stemmed = tsqueries
    markers: dict[str, list[str]] = {}
    for language, tsquery in zip(languages, stemmed, strict=True):
        if tsquery not in {"", exact}:
            markers.setdefault(tsquery, []).append(f"'@{language}'")
    parts = [f"({stem}) & ({' | '.join(each)})" for stem, each in markers.items()]
    return " | ".join(f"({part})" for part in [exact, *parts] if part)
