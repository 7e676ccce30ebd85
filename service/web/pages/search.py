"""`/search`: what readers find, as a page that needs no script."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from service.store.articles.views import articles_of
from service.store.search import highlights
from service.store.story_views.views import stories_of
from service.web.api.search.search import Asked, SearchQuery, search_store, understood
from service.web.dependencies import Context, ReadSession
from service.web.lazy_model import at_hand
from service.web.middleware.concurrency import SearchTurn

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

#: So many stories, and as many reports, are shown.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Question:
    """What a reader typed; `fault` says why it cannot be looked for."""

    typed: str
    asked: Asked | None = None
    fault: str = ""


async def question(request: Request, q: Annotated[str, Query()] = "") -> Question:
    """Read what a reader typed; without a model it goes by words alone."""
    if not q.strip():
        return Question("")
    try:
        query, wanted = SearchQuery.model_validate({"q": q, "limit": SHOWN}), understood(q)
    except ValidationError:
        return Question(q[:200], fault="Ask for fewer words.")
    except HTTPException:
        return Question(q[:200], fault="Name one word to look for, and not too many.")
    return Question(q, Asked(query, wanted, await at_hand(request)))


@router.get("/search")
def search_page(
    request: Request,
    web: Context,
    typed: Annotated[Question, Depends(question)],
    _: SearchTurn,
    session: ReadSession,
) -> HTMLResponse:
    """Stories and reports that hold some words, or mean the same."""
    template = web.templates.get_template("search.html")
    if typed.asked is None:
        return HTMLResponse(template.render(now=web.clock(), question=typed, results=None))
    results = search_store(request, session, typed.asked)
    found, words = results.found, results.lookup.words
    stories, articles = (
        stories_of(session, list(found.stories)),
        articles_of(session, list(found.articles)),
    )
    return HTMLResponse(
        template.render(
            now=web.clock(),
            question=typed,
            results=results,
            stories=[stories[key] for key in found.stories if key in stories],
            articles=[articles[key] for key in found.articles if key in articles],
            marks=highlights.of_articles(session, words, list(articles), ()),
        )
    )
