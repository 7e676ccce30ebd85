"""Compilation of search terms into tsqueries, with the vector space of the embedding model."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from service.domain.search.readings import Reading
from service.domain.search.search_terms import SearchTerms, websearch_texts
from service.domain.search.word_forms import languages_of_script
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
    languages = languages or languages_of_script(terms.text + " ".join(terms.excluded))
    groups = [websearch_texts(each, languages) for each in (terms.text, *terms.excluded)]
    written = [each for group in groups for each in group]
    parameters = {
        "languages": [each.language if each.is_stemmed else "" for each, _ in written],
        "texts": [value for _, value in written],
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
    compiled = iter(tsqueries)
    required, *excluded = (
        _any_reading([(reading, next(compiled)) for reading, _ in group]) for group in groups
    )
    space = VectorSpace(model_id, dimensions) if model_id is not None else None
    return CompiledSearch(required, " | ".join(filter(None, excluded)), space, terms.has_phrase)


def _any_reading(tsqueries: Sequence[tuple[Reading, str]]) -> str:
    """Combine the tsqueries of some readings with `|`.

    A reading of a language applies only to documents with the marker of this language.
    """
    exact = [each for reading, each in tsqueries if not reading.language]
    markers: dict[str, set[str]] = {}
    for reading, tsquery in tsqueries:
        if reading.language and tsquery and tsquery not in exact:
            markers.setdefault(tsquery, set()).add(reading.language)
    parts = []
    for stem, languages in markers.items():
        marked = [f"'@{each}'" for each in sorted(languages)]
        parts.append(f"({stem}) & ({' | '.join(marked)})")
    return " | ".join(f"({part})" for part in [*exact, *parts] if part)
