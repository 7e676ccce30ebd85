"""Reading of queries from parameters: known values, relative times and meaning."""

from dataclasses import replace

import anyio
import numpy as np
from fastapi import Request
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from service.domain.queries.conditions import Field, HasReport, IsSimilar, Query
from service.domain.search.search_terms import SearchTerms
from service.ingest.detect_language import language_of_query
from service.store.articles.vectors import find_model
from service.store.catalogue.known_names import require_known_query
from service.store.queries import saved
from service.store.search.compiled_search import compile_search
from service.store.search.filters import SearchFilter
from service.store.search.search import rank_articles_by_embedding
from service.web.dependencies import web_context
from service.web.lazy_model import lazy_model, model_context


def read_query(request: Request, session: Session, query: Query) -> Query:
    """Check and resolve a query; at most six statements, and two for a meaning.

    A response to a query with relative times or saved queries is not cached.

    Raises:
        BadInputError: a value does not exist, or a time is out of range.
        EncoderError: the query has a meaning, and the model is not available.
    """
    query = resolve_query(request, session, query)
    return _find_similar(request, session, query) if query.meaning else query


def resolve_query(request: Request, session: Session, query: Query) -> Query:
    """Check a query, and replace saved queries and relative times; raises BadInputError."""
    uses_saved = bool(query.saved)
    query = saved.expand(session, query)
    if query.is_relative or uses_saved or query.values(Field.MISSING_OUTLET):
        # The response changes without a change that the counter counts.
        request.state.validators = None
    query = saved.resolve(session, query, now=web_context(request).clock())
    require_known_query(session, query)
    return query


def follow_query(request: Request, session: Session, query: Query) -> Query:
    """Check and resolve a query that selects changes, with `IsSimilar` instead of its meaning.

    At most six statements, and one for a meaning.

    Raises:
        BadInputError: a value does not exist, or a time is out of range.
        EncoderError: the query has a meaning, and the model is not available.
    """
    query = resolve_query(request, session, query)
    return find_followed(request, session, query)


def find_followed(request: Request, session: Session, query: Query) -> Query:
    """Replace the meaning of a resolved query by `IsSimilar`; at most one statement."""
    if not query.meaning:
        return query
    model, vector = _encode_meaning(request, query.meaning)
    similar = IsSimilar(tuple(vector.tolist()), find_model(session, model))
    return replace(query, conditions=(*query.conditions, similar), meaning="")


def _encode_meaning(request: Request, meaning: str) -> tuple[str, NDArray[np.float32]]:
    """The tag of the model, and the vector of a text."""
    model_context(request)
    model = lazy_model(request)
    encoder = anyio.from_thread.run(model.encoder)
    return encoder.model, model.query_vector(encoder, meaning, language_of_query(meaning))


def _find_similar(request: Request, session: Session, query: Query) -> Query:
    """Replace the meaning by the most similar reports that match the other conditions."""
    model, vector = _encode_meaning(request, query.meaning)
    compiled = compile_search(session, SearchTerms("", ()), (), model)
    article_ids: list[int] = []
    if vector.any():
        filters = SearchFilter.of(query)
        article_ids = rank_articles_by_embedding(session, vector, compiled, filters)
    conditions = (*query.conditions, HasReport(tuple(article_ids)))
    return replace(query, conditions=conditions, meaning="")
