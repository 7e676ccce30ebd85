"""`/v1/search`: hybrid keyword and semantic search over stories and articles."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from service.domain.field_types import LanguageCodes, TextValues, UtcTime
from service.domain.search.search_terms import SearchTerms, parse_search_terms
from service.domain.search.word_forms import languages_of_script
from service.embed.encoder import Encoder
from service.ingest.detect_language import resolve_language
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
from service.web.requests.known_values import require_known_values
from service.web.requests.parameters import Limit
from service.web.requests.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/v1/search", tags=["search"], responses=PROBLEM_RESPONSES)

#: Maximum number of characters, and of words, of a query.
MAX_QUERY_LENGTH, MAX_WORDS = 1000, 60
NOT_SEMANTIC = (
    "query.q: phrases are not supported with mode=semantic; use mode=hybrid or mode=keyword"
)


class SearchMode(StrEnum):
    """Rankings of a search: by keywords, by embedding similarity, or both (hybrid)."""

    HYBRID = "hybrid"
    KEYWORD = "keyword"
    SEMANTIC = "semantic"


class SearchQuery(BaseModel):
    """Query parameters of a search."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_QUERY_LENGTH,
            pattern=r"^[^\x00]*$",
            description='Search terms. `"two words"`: a phrase that all results contain; `one or '
            "two`: either term; `-word` or `NOT word`: without this word. Other operators, such as "
            "`*` or `title:`, are rejected.",
            examples=["ferry harbour"],
        ),
    ]
    mode: SearchMode = Field(
        default=SearchMode.HYBRID,
        description="`keyword`, `semantic` (by embedding similarity), or `hybrid` (both rankings "
        "combined).",
    )
    since: UtcTime | None = Field(default=None, description="Only reports at this time or later.")
    until: UtcTime | None = Field(default=None, description="Only reports before this time.")
    outlet: TextValues = Field(
        default=[], description="Slugs of outlets; only reports of one of them."
    )
    language: LanguageCodes = Field(
        default=[], description="ISO 639 codes; only reports in one of these languages."
    )
    limit: Limit = Field(
        default=10,
        description="Maximum number of stories. In `/v1/search`, also the maximum number of "
        "articles.",
    )

    def filter(self) -> SearchFilter:
        """The filter conditions, which apply to reports."""
        return SearchFilter(self.since, self.until, tuple(self.outlet), tuple(self.language))


@dataclass(frozen=True, slots=True)
class ParsedSearch:
    """A valid search request; without `encoder` it uses keywords only.

    `awaits_model`: a repeated request can return semantic results once the model is loaded.
    """

    query: SearchQuery
    terms: SearchTerms
    encoder: Encoder | None
    awaits_model: bool = False


async def parse_search(request: Request, query: Annotated[SearchQuery, Query()]) -> ParsedSearch:
    """Parse the query and get the encoder; only `mode=semantic` waits for it to load.

    Raises:
        EncoderError: the mode is semantic, and the model is not available.
        BadInputError: an operator of the query is not supported.
        HTTPException: 422, the query is invalid.
    """
    terms = parse_terms(query.q)
    if query.mode is SearchMode.KEYWORD:
        return ParsedSearch(query, terms, None)
    if query.mode is SearchMode.SEMANTIC:
        if terms.has_phrase:
            raise HTTPException(422, NOT_SEMANTIC)
        encoder = await loaded_encoder(request, model_context(request))
        return ParsedSearch(query, terms, encoder)
    available = await encoder_if_loaded(request)
    has_model = web_context(request).model_context is not None
    return ParsedSearch(query, terms, available, awaits_model=has_model and available is None)


def parse_terms(q: str) -> SearchTerms:
    """Parse a query.

    Raises:
        BadInputError: an operator is not supported.
        HTTPException: 422, the query has no search terms, or too many.
    """
    terms = parse_search_terms(q)
    if len(q.split()) > MAX_WORDS:
        raise HTTPException(422, f"query.q: more than {MAX_WORDS} words; shorten the query")
    if not any(map(str.isalnum, terms.text)):
        raise HTTPException(422, "query.q: no search term; add a word that is not excluded by -")
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
    phrases, ranked = results.phrases, results.ranked
    return SearchOut(
        mode=list(results.modes),
        stories=_build_story_results(session, phrases, ranked),
        articles=_build_article_results(session, phrases, ranked),
    )


@dataclass(frozen=True, slots=True)
class SearchResults:
    """Ranked results, the words and phrases to highlight, and the rankings that were used."""

    phrases: frozenset[str]
    ranked: RankedResults
    modes: tuple[str, ...]


def run_search(request: Request, session: Session, parsed: ParsedSearch) -> SearchResults:
    """Run a search; at most five SQL statements, and one that checks the outlets.

    Raises:
        BadInputError: an outlet does not exist.
    """
    require_known_values(session, parsed.query)
    query, conditions = parsed.query, parsed.query.filter()
    model = parsed.encoder.model if parsed.encoder else ""
    compiled = compile_search(session, parsed.terms, conditions.languages, model)
    if query.mode is SearchMode.SEMANTIC:
        compiled = replace(compiled, tsquery="")
    vector = _encode_query(request, parsed, conditions)
    ranked = rank_results(session, compiled, vector, conditions, limit=query.limit)
    used = {SearchMode.KEYWORD: bool(compiled.tsquery), SearchMode.SEMANTIC: vector is not None}
    phrases = parsed.terms.phrases if compiled.tsquery else frozenset[str]()
    return SearchResults(phrases, ranked, tuple(mode.value for mode in used if used[mode]))


def _encode_query(
    request: Request, parsed: ParsedSearch, conditions: SearchFilter
) -> NDArray[np.float32] | None:
    """Encode the query; None without an encoder or in an unsupported language."""
    if parsed.encoder is None:
        return None
    text = parsed.terms.embedding_text
    language = conditions.languages[0] if len(conditions.languages) == 1 else _language_of(text)
    vector = lazy_model(request).query_vector(parsed.encoder, text, language)
    return vector if vector.any() else None


def _language_of(text: str) -> str:
    """Return the language of a query; "" if it is unknown, but has Latin letters.

    Language detection is unreliable for a few ASCII words; other scripts suffice for it.
    """
    if text.isascii():
        return ""
    detected, scripts = resolve_language("", text), languages_of_script(text)
    if "en" in scripts or detected not in {"", *languages_of_script("a")}:
        return detected
    # A detected language with Latin letters is wrong for a text in another script.
    return scripts[0] if scripts else "und"


def _build_story_results(
    session: Session, phrases: frozenset[str], ranked: RankedResults
) -> list[StoryResultOut]:
    stories = get_stories(session, list(ranked.stories))
    marked = highlights.highlight_stories(session, phrases, list(stories))
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


def _build_article_results(
    session: Session, phrases: frozenset[str], ranked: RankedResults
) -> list[ArticleResultOut]:
    articles = load_articles(session, list(ranked.articles))
    marked = highlights.highlight_articles(session, phrases, list(articles))
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
