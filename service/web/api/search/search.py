"""`/v1/search`: hybrid keyword and semantic search over stories and articles."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import anyio
import numpy as np
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi import Query as FromQuery
from numpy.typing import NDArray
from pydantic import Field
from sqlalchemy.orm import Session

from service.domain.queries.conditions import Query
from service.domain.queries.parameters import (
    EXCLUDES,
    TIME_FORMS,
    Countries,
    Languages,
    QueryText,
    QueryTime,
    Texts,
)
from service.domain.search.search_terms import SearchTerms
from service.domain.stories.filters import PastStoryFilter
from service.embed.encoder import Encoder
from service.errors import BadInputError
from service.ingest.detect_language import language_of_query
from service.store.articles.views import load_articles
from service.store.search import highlights
from service.store.search.compiled_search import compile_search
from service.store.search.filters import SearchFilter
from service.store.search.rank import RankedResults, rank_results
from service.store.story_views.views import get_stories
from service.web.api.articles import ArticleDetailOut
from service.web.api.search.schemas import (
    ArticleResultOut,
    HighlightsOut,
    RanksOut,
    SearchOut,
    StoryResultOut,
)
from service.web.dependencies import web_context
from service.web.lazy_model import encoder_if_loaded, lazy_model, loaded_encoder, model_context
from service.web.middleware.concurrency import SearchSlot
from service.web.middleware.etags import ETagSession
from service.web.rendering.schemas import StoryOut
from service.web.requests.parameters.queries import resolve_query
from service.web.requests.parameters.types import Limit
from service.web.requests.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/v1/search", tags=["search"], responses=PROBLEM_RESPONSES)

NOT_SEMANTIC = (
    "query.q: phrases are not supported with mode=semantic; use mode=hybrid or mode=keyword"
)


class SearchMode(StrEnum):
    """Rankings of a search: by keywords, by embedding similarity, or both (hybrid)."""

    HYBRID = "hybrid"
    KEYWORD = "keyword"
    SEMANTIC = "semantic"


class SearchQuery(PastStoryFilter):
    """Query parameters of a search."""

    q: QueryText | None = Field(
        default=None,
        description='Text in the query language. `"two words"`: a phrase that all results contain; '
        "`one or two`: either term; `-word` or `NOT word`: without this word; "
        "`outlet:harbour-courier`: a condition. All parameters can be written as conditions. Other "
        "operators, such as `*`, are rejected. Required, unless `meaning` is given or `query` names "
        "a saved query with words or a meaning.",
        examples=["ferry harbour"],
    )
    mode: SearchMode = Field(
        default=SearchMode.HYBRID,
        description="`keyword`, `semantic` (by embedding similarity), or `hybrid` (both rankings "
        "combined).",
    )
    since: QueryTime | None = Field(
        default=None, description=f"Only reports at this time or later. {TIME_FORMS}"
    )
    until: QueryTime | None = Field(default=None, description="Only reports before this time.")
    outlet: Texts = Field(
        default=[], description=f"Slugs of outlets; only reports of one of them. {EXCLUDES}"
    )
    family: Texts = Field(
        default=[],
        description=f"Slugs of publisher families; only reports of one of them. {EXCLUDES}",
    )
    country: Countries = Field(
        default=[],
        description="ISO 3166-1 codes; only reports of outlets of one of these countries. "
        f"{EXCLUDES}",
    )
    language: Languages = Field(
        default=[],
        description=f"ISO 639 codes; only reports in one of these languages. {EXCLUDES}",
    )
    limit: Limit = Field(
        default=10,
        description="Maximum number of stories. In `/v1/search`, also the maximum number of "
        "articles.",
    )


@dataclass(frozen=True, slots=True)
class ParsedSearch:
    """A valid search request; without `encoder` it uses keywords only.

    `awaits_model`: a repeated request can return semantic results once the model is loaded.
    """

    parameters: SearchQuery
    query: Query  #: not resolved
    encoder: Encoder | None
    awaits_model: bool = False


async def parse_search(
    request: Request, parameters: Annotated[SearchQuery, FromQuery()]
) -> ParsedSearch:
    """Parse the query and get the encoder; only `mode=semantic` waits for it to load.

    Raises:
        EncoderError: the mode is semantic, and the model is not available.
        BadInputError: an operator of the query is not supported.
        HTTPException: 422, the query is invalid.
    """
    query = parameters.parsed
    if not query.saved:
        read_terms(query, parameters.mode)  # before the model loads
    if parameters.mode is SearchMode.KEYWORD:
        return ParsedSearch(parameters, query, None)
    if parameters.mode is SearchMode.SEMANTIC or query.meaning:
        encoder = await loaded_encoder(request, model_context(request))
        return ParsedSearch(parameters, query, encoder)
    available = await encoder_if_loaded(request)
    has_model = web_context(request).model_context is not None
    awaits_model = has_model and available is None
    return ParsedSearch(parameters, query, available, awaits_model=awaits_model)


def read_terms(query: Query, mode: SearchMode = SearchMode.HYBRID) -> SearchTerms:
    """The words of a query; none if it has a meaning.

    Raises:
        BadInputError: the query has neither words nor a meaning.
        HTTPException: 422, the query has a phrase, which a semantic search cannot require.
    """
    terms = query.words or SearchTerms("", ())
    if not terms.groups and not query.meaning:
        raise BadInputError(
            "Invalid search: no search term; add a word that is not excluded, or use a list, which "
            "needs no words"
        )
    if terms.has_phrase and mode is SearchMode.SEMANTIC:
        raise HTTPException(422, NOT_SEMANTIC)
    return terms


@router.get("")
def search(
    request: Request,
    parsed: Annotated[ParsedSearch, Depends(parse_search)],
    _: SearchSlot,
    session: ETagSession,
) -> SearchOut:
    """Search stories and articles by keywords and by embedding similarity.

    The response has only one page, because results after the first 100 are hardly relevant. To see
    more results, use other terms or filters. Hidden stories and articles are not included. While
    the model is loading, a hybrid search returns keyword results only; see `mode` in the response.
    """
    if parsed.awaits_model:  # the response will change without a change in the database
        request.state.validators = None
    results = run_search(request, session, parsed)
    return SearchOut(
        mode=list(results.modes),
        stories=_build_story_results(session, results),
        articles=_build_article_results(session, results),
    )


@dataclass(frozen=True, slots=True)
class SearchResults:
    """Ranked results, the words and phrases to highlight, and the rankings that were used."""

    phrases: frozenset[str]
    ranked: RankedResults
    modes: tuple[str, ...]
    since: datetime | None = None  #: earliest time of a report
    as_of: datetime | None = None  #: the results are those of this time


def run_search(request: Request, session: Session, parsed: ParsedSearch) -> SearchResults:
    """Run a search; at most five SQL statements, and four that check and resolve the query.

    Raises:
        BadInputError: an outlet, a publisher family, a storyline or a saved query does not exist,
            or the query has neither words nor a meaning.
        EncoderError: the saved query has a meaning, and the model is not available.
        HTTPException: 422, a semantic search has a phrase.
    """
    query = resolve_query(request, session, parsed.query)
    conditions = SearchFilter.of(query)
    mode, limit = parsed.parameters.mode, parsed.parameters.limit
    terms = read_terms(query, mode)
    encoder = parsed.encoder
    if query.meaning and encoder is None:  # the meaning is that of a saved query
        model_context(request)
        encoder = anyio.from_thread.run(lazy_model(request).encoder)
    model = encoder.model if encoder else ""
    compiled = compile_search(session, terms, conditions.languages, model)
    if mode is SearchMode.SEMANTIC:
        compiled = replace(compiled, tsquery="")
    text = query.meaning or terms.embedding_text
    vector = _encode(request, encoder, text, conditions, is_meaning=bool(query.meaning))
    ranked = rank_results(session, compiled, vector, conditions, limit=limit)
    used = {SearchMode.KEYWORD: bool(compiled.tsquery), SearchMode.SEMANTIC: vector is not None}
    phrases = terms.phrases if compiled.tsquery else frozenset[str]()
    modes = tuple(each.value for each in used if used[each])
    return SearchResults(phrases, ranked, modes, conditions.since, query.time)


def _encode(
    request: Request,
    encoder: Encoder | None,
    text: str,
    conditions: SearchFilter,
    *,
    is_meaning: bool,
) -> NDArray[np.float32] | None:
    """Encode a text; None without an encoder or in an unsupported language."""
    if encoder is None:
        return None
    only = conditions.languages
    language = only[0] if len(only) == 1 and not is_meaning else language_of_query(text)
    vector = lazy_model(request).query_vector(encoder, text, language)
    return vector if vector.any() else None


def _build_story_results(session: Session, results: SearchResults) -> list[StoryResultOut]:
    ranked, as_of = results.ranked, results.as_of
    stories = get_stories(session, list(ranked.stories), as_of=as_of)
    marked = highlights.highlight_stories(session, results.phrases, list(stories), as_of=as_of)
    return [
        StoryResultOut(
            score=score,
            ranks=RanksOut(**ranked.ranks_of_story(key)),
            story=StoryOut.of(stories[key]),
            highlights=HighlightsOut.of(marked.get(key)),
        )
        for key, score in ranked.stories.items()
        if key in stories
    ]


def _build_article_results(session: Session, results: SearchResults) -> list[ArticleResultOut]:
    ranked, as_of = results.ranked, results.as_of
    articles = load_articles(session, list(ranked.articles), as_of=as_of)
    marked = highlights.highlight_articles(session, results.phrases, list(articles), as_of=as_of)
    return [
        ArticleResultOut(
            score=score,
            ranks=RanksOut(**ranked.ranks_of_article(key)),
            article=ArticleDetailOut.of_detail(articles[key]),
            highlights=HighlightsOut.of(marked.get(key)),
        )
        for key, score in ranked.articles.items()
        if key in articles
    ]
