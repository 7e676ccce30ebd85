"""`/search`: search page, without scripts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from service.errors import BadInputError
from service.store.articles.views import load_articles
from service.store.catalogue.choices import load_choices
from service.store.search import highlights
from service.store.story_views.views import get_stories
from service.web.api.search.search import ParsedSearch, SearchQuery, read_terms, run_search
from service.web.dependencies import ReadSession, WebContextDep
from service.web.lazy_model import encoder_if_loaded
from service.web.middleware.concurrency import SearchSlot
from service.web.rendering.links import feed_links

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

#: Maximum number of stories, and also of reports, on the page.
MAX_RESULTS = 20
#: Filters of the API that the form has, too; times have one value.
FILTERS, TIMES = ("outlet", "language", "since", "until"), ("since", "until")


@dataclass(frozen=True, slots=True)
class SearchForm:
    """The text and the filters in the search form; `error` explains why they are invalid."""

    typed: str
    filters: Mapping[str, list[str]] = field(default_factory=dict)  #: without empty values
    search: ParsedSearch | None = None
    error: str = ""


async def parse_form(request: Request, q: Annotated[str, Query()] = "") -> SearchForm:
    """Parse the search form; uses keywords only while the model is not loaded.

    Raises HTTPException (422) for other parameters: an ignored filter would mislead.
    """
    if unknown := sorted(set(request.query_params) - {"q", *FILTERS}):
        raise HTTPException(
            422, f"Unknown parameter {unknown[0]:.50}: this page takes q, {', '.join(FILTERS)}"
        )
    given = {name: request.query_params.getlist(name) for name in FILTERS}
    filters = {
        name: present for name, each in given.items() if (present := list(filter(None, each)))
    }
    if not q.strip():
        return SearchForm("", filters)
    try:
        times = {name: filters[name][-1] for name in TIMES if name in filters}
        query = SearchQuery.model_validate({**filters, **times, "q": q, "limit": MAX_RESULTS})
        terms = read_terms(query.parsed)
    except ValidationError as error:
        return SearchForm(q[:200], filters, error=_explain(error))
    except BadInputError as error:
        return SearchForm(q[:200], filters, error=f"{error}.")
    return SearchForm(
        q, filters, ParsedSearch(query, query.parsed, terms, await encoder_if_loaded(request))
    )


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["loc"] == ("q",) and first["type"] != "value_error":
        return "The search text is too long or has control characters."
    return f"{first['msg'].removeprefix('Value error, ')}."


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
    choices = load_choices(session)
    if form.search is None:
        html = template.render(now=web.clock(), form=form, results=None, choices=choices)
        return HTMLResponse(html)
    results = run_search(request, session, form.search)
    ranked = results.ranked
    stories = get_stories(session, list(ranked.stories))
    articles = load_articles(session, list(ranked.articles))
    return HTMLResponse(
        template.render(
            now=web.clock(),
            form=form,
            choices=choices,
            feeds=feed_links(
                "/v1/search/feed", {**form.filters, "q": form.typed, "limit": MAX_RESULTS}
            ),
            results=results,
            stories=[stories[key] for key in ranked.stories if key in stories],
            articles=[articles[key] for key in ranked.articles if key in articles],
            marks=highlights.highlight_articles(session, results.phrases, list(articles)),
        )
    )
