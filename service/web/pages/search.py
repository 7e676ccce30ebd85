"""`/search`: search page, without scripts."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from service.store.articles.views import load_articles
from service.store.search import highlights
from service.store.story_views.views import get_stories
from service.web.api.search.search import ParsedSearch, SearchQuery, parse_terms, run_search
from service.web.dependencies import ReadSession, WebContextDep
from service.web.lazy_model import encoder_if_loaded
from service.web.middleware.concurrency import SearchSlot

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

#: Maximum number of stories, and also of reports, on the page.
MAX_RESULTS = 20


@dataclass(frozen=True, slots=True)
class SearchForm:
    """The text in the search form; `error` explains why it is not a valid search."""

    typed: str
    search: ParsedSearch | None = None
    error: str = ""


async def parse_form(request: Request, q: Annotated[str, Query()] = "") -> SearchForm:
    """Parse the search form; uses keywords only while the model is not loaded.

    Raises HTTPException (422) for other parameters: an ignored filter would mislead.
    """
    if unknown := sorted(set(request.query_params) - {"q"}):
        raise HTTPException(
            422, f"Unknown parameter {unknown[0]:.50}: this page takes only q; see /v1/search"
        )
    if not q.strip():
        return SearchForm("")
    try:
        query = SearchQuery.model_validate({"q": q, "limit": MAX_RESULTS})
        terms = parse_terms(q)
    except ValidationError:
        return SearchForm(q[:200], error="The search text is too long or has control characters.")
    except HTTPException:
        return SearchForm(q[:200], error="Enter at least one search term, and at most 60 words.")
    return SearchForm(q, ParsedSearch(query, terms, await encoder_if_loaded(request)))


@router.get("/search")
def search_page(
    request: Request,
    web: WebContextDep,
    form: Annotated[SearchForm, Depends(parse_form)],
    _: SearchSlot,
    session: ReadSession,
) -> HTMLResponse:
    """Search form with the matching stories and reports."""
    template = web.templates.get_template("search.html")
    if form.search is None:
        return HTMLResponse(template.render(now=web.clock(), form=form, results=None))
    results = run_search(request, session, form.search)
    ranked = results.ranked
    stories = get_stories(session, list(ranked.stories))
    articles = load_articles(session, list(ranked.articles))
    return HTMLResponse(
        template.render(
            now=web.clock(),
            form=form,
            results=results,
            stories=[stories[key] for key in ranked.stories if key in stories],
            articles=[articles[key] for key in ranked.articles if key in articles],
            marks=highlights.highlight_articles(session, results.phrases, list(articles)),
        )
    )
