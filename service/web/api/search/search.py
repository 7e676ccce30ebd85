"""`/v1/search`: stories and articles, by their words and by their meaning."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from service.domain.search.query_words import WantedWords, wanted_words
from service.embed.encoder import Encoder
from service.ingest.detect_language import language_of
from service.store.articles.views import articles_of
from service.store.search import highlights
from service.store.search.filters import SearchFilter
from service.store.search.lookup import Lookup, look_up
from service.store.search.rank import Found, find
from service.store.story_views.views import stories_of
from service.web.api.articles import ArticleDetailOut
from service.web.api.search.schemas import (
    FoundArticleOut,
    FoundStoryOut,
    HighlightsOut,
    RanksOut,
    SearchOut,
)
from service.web.api.stories.query import Languages, Words
from service.web.dependencies import web_of
from service.web.lazy_model import at_hand, loaded, model_of, reading_of
from service.web.middleware.concurrency import SearchTurn
from service.web.middleware.etags import TaggedSession
from service.web.rendering.schemas import StoryOut
from service.web.requests.parameters import Limit, UtcTime
from service.web.requests.problems import PROBLEMS

router = APIRouter(prefix="/v1/search", tags=["search"], responses=PROBLEMS)

#: Characters of a question, and words of it.
LONGEST, MOST_WORDS = 1000, 60


class By(StrEnum):
    """What a search goes by."""

    BOTH = "both"
    WORDS = "words"
    MEANING = "meaning"


class SearchQuery(BaseModel):
    """What is looked for, and where."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST,
            pattern=r"^[^\x00]*$",
            description='Words; `"a phrase"`, `or`, and `-word` to leave something out.',
            examples=["ferry harbour"],
        ),
    ]
    by: By = Field(default=By.BOTH, description="`words`, `meaning`, or `both`, fused.")
    since: UtcTime | None = Field(default=None, description="Reported at this time or later.")
    until: UtcTime | None = Field(default=None, description="Reported before this time.")
    outlet: Words = Field(default=[], description="Slugs of outlets; reports of any of them.")
    language: Languages = Field(default=[], description="ISO 639-1 codes; reports in any of them.")
    limit: Limit = Field(default=10, description="So many stories, and as many articles, at most.")

    def filter(self) -> SearchFilter:
        """The conditions on reports."""
        return SearchFilter(self.since, self.until, tuple(self.outlet), tuple(self.language))


@dataclass(frozen=True, slots=True)
class Asked:
    """A search that was understood; `encoder` if it goes by meaning.

    `hurried` if it goes by words alone because the model is not there yet.
    """

    query: SearchQuery
    wanted: WantedWords
    encoder: Encoder | None
    hurried: bool = False


async def asked(request: Request, query: Annotated[SearchQuery, Query()]) -> Asked:
    """Read the question, and have the model ready if it is there, or asked for alone.

    Raises:
        EncoderError: meaning alone is asked for, and the model is not to be had.
    """
    wanted = understood(query.q)
    if query.by is By.WORDS:
        return Asked(query, wanted, None)
    if query.by is By.MEANING:
        return Asked(query, wanted, await loaded(request, reading_of(request)))
    encoder = await at_hand(request)
    has_model = web_of(request).reading is not None
    return Asked(query, wanted, encoder, hurried=has_model and encoder is None)


def understood(q: str) -> WantedWords:
    """The words of a question; a 422 answer if there are none or too many."""
    wanted = wanted_words(q)
    if len(q.split()) > MOST_WORDS:
        raise HTTPException(422, f"query.q: more than {MOST_WORDS} words; ask for fewer")
    if not any(map(str.isalnum, wanted.text)):
        raise HTTPException(422, "query.q: nothing to look for; name a word without a minus")
    return wanted


@router.get("")
def find_stories_and_articles(
    request: Request,
    wanted: Annotated[Asked, Depends(asked)],
    _: SearchTurn,
    session: TaggedSession,
) -> SearchOut:
    """Stories and articles that hold some words, or mean the same.

    There is one page: what comes after the best hundred has little to do with the question.
    Narrow it by words, time, outlet or language to see others. Nothing that an editor hid is found.
    Until the model is loaded, it goes by words alone; `by` in the answer says so.
    """
    if wanted.hurried:  # the same question finds more soon, while the store stands as it is
        request.state.validators = None
    conditions, results = wanted.query.filter(), search_store(request, session, wanted)
    words, found = results.lookup.words, results.found
    return SearchOut(
        by=list(results.by),
        stories=_stories(session, words, found, conditions),
        articles=_articles(session, words, found, conditions),
    )


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found, by which words, and what it went by."""

    lookup: Lookup
    found: Found
    by: tuple[str, ...]


def search_store(request: Request, session: Session, wanted: Asked) -> Results:
    """Carry a search out; at most five statements."""
    query, conditions = wanted.query, wanted.query.filter()
    tag = wanted.encoder.model if wanted.encoder else ""
    lookup = look_up(session, wanted.wanted, conditions.languages, tag)
    if query.by is By.MEANING:
        lookup = replace(lookup, words="")
    vector = _vector(request, wanted, conditions)
    found = find(session, lookup, vector, conditions, limit=query.limit)
    went_by = {"words": bool(lookup.words), "meaning": vector is not None}
    return Results(lookup, found, tuple(name for name, did in went_by.items() if did))


def _vector(
    request: Request, wanted: Asked, conditions: SearchFilter
) -> NDArray[np.float32] | None:
    """The question's vector; None where it does not go by meaning, or cannot be read."""
    if wanted.encoder is None:
        return None
    text = wanted.wanted.told
    # Detection errs on a few plain words; other letters than English has tell it enough.
    guessed = "" if text.isascii() else language_of("", text)
    language = conditions.languages[0] if len(conditions.languages) == 1 else guessed
    vector = model_of(request).question(wanted.encoder, text, language)
    return vector if vector.any() else None


def _stories(
    session: Session, words: str, found: Found, conditions: SearchFilter
) -> list[FoundStoryOut]:
    known = stories_of(session, list(found.stories))
    marked = highlights.of_stories(session, words, list(known), conditions.languages)
    return [
        FoundStoryOut(
            score=score,
            ranks=RanksOut(**found.ranks_of_story(key)),
            story=StoryOut.of(known[key]),
            highlights=HighlightsOut.of(marked.get(key)),
        )
        for key, score in found.stories.items()
        if key in known
    ]


def _articles(
    session: Session, words: str, found: Found, conditions: SearchFilter
) -> list[FoundArticleOut]:
    known = articles_of(session, list(found.articles))
    marked = highlights.of_articles(session, words, list(known), conditions.languages)
    return [
        FoundArticleOut(
            score=score,
            ranks=RanksOut(**found.ranks_of_article(key)),
            article=ArticleDetailOut.told(known[key]),
            highlights=HighlightsOut.of(marked.get(key)),
        )
        for key, score in found.articles.items()
        if key in known
    ]
