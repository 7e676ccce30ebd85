"""`/search`: search page, without scripts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from sqlalchemy.orm import Session

from service.domain.text.field_errors import describe_field_error
from service.errors import BadInputError
from service.store.articles.views import load_articles
from service.store.catalogue.choices import load_choices
from service.store.counts.totals import Total
from service.store.search import highlights
from service.store.story_views.views import get_stories
from service.web.api.search.search import ParsedSearch, SearchQuery, read_terms, run_search
from service.web.dependencies import ReadSession, WebContextDep
from service.web.lazy_model import encoder_if_loaded
from service.web.middleware.concurrency import SearchSlot
from service.web.rendering.dropped_filters import (
    DroppedFilter,
    explain_time_range,
    suggest_dropped_filters,
)
from service.web.rendering.links import feed_links
from service.web.rendering.pages import page_url, render_page

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

#: Number of stories, and also of reports, on a page, and the number of pages: `/v1/search` returns
#: at most 100 results, because further ones are hardly relevant.
PAGE_SIZE, MAX_PAGES = 20, 5
#: Filters of the API that the form has, too; times have one value.
FILTERS, TIMES = ("outlet", "language", "since", "until"), ("since", "until")


@dataclass(frozen=True, slots=True)
class SearchForm:
    """The text and the filters in the search form; `error` explains why they are invalid."""

    typed: str
    filters: Mapping[str, list[str]] = field(default_factory=dict)  #: without empty values
    search: ParsedSearch | None = None
    error: str = ""
    page: int = 1

    def url(self, page: int) -> str:
        """Address of a page of results."""
        number = {"page": page} if page > 1 else {}
        return page_url("/search", {"q": self.typed, **self.filters, **number})


PageNumber = Annotated[int, Query(ge=1, le=MAX_PAGES)]


async def parse_form(
    request: Request, q: Annotated[str, Query()] = "", page: PageNumber = 1
) -> SearchForm:
    """Parse the search form; uses keywords only while the model is not loaded.

    Raises HTTPException (422) for other parameters: an ignored filter would mislead.
    """
    if unknown := sorted(set(request.query_params) - {"q", "page", *FILTERS}):
        raise HTTPException(
            422,
            f"Unknown parameter {unknown[0]:.50}: this page takes q, page, {', '.join(FILTERS)}",
        )
    given = {name: request.query_params.getlist(name) for name in FILTERS}
    filters = {
        name: present for name, each in given.items() if (present := list(filter(None, each)))
    }
    if not q.strip():
        return SearchForm("", filters)
    try:
        times = {name: filters[name][-1] for name in TIMES if name in filters}
        query = SearchQuery.model_validate(
            {**filters, **times, "q": q, "limit": PAGE_SIZE * MAX_PAGES}
        )
        read_terms(query.parsed)
    except ValidationError as error:
        return SearchForm(q[:200], filters, error=_explain(error))
    except BadInputError as error:
        return SearchForm(q[:200], filters, error=f"{error}.")
    parsed = ParsedSearch(query, query.parsed, await encoder_if_loaded(request))
    return SearchForm(q, filters, parsed, page=page)


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["loc"] == ("q",) and first["type"] != "value_error":
        return "The search text is too long or has control characters."
    return f"{describe_field_error(first['type'], first['msg'], first.get('ctx', {}))}."


@router.get("/search")
def search_page(
    request: Request,
    web: WebContextDep,
    form: Annotated[SearchForm, Depends(parse_form)],
    _: SearchSlot,
    session: ReadSession,
) -> HTMLResponse:
    """Search form with the matching stories and reports."""
    if form.search is None:
        choices = load_choices(session)
        return render_page(web, "search.html", form=form, results=None, choices=choices)
    results = run_search(request, session, form.search)
    ids = [*results.ranked.stories], [*results.ranked.articles]
    on_page = slice((form.page - 1) * PAGE_SIZE, form.page * PAGE_SIZE)
    as_of = results.as_of
    stories = get_stories(session, ids[0][on_page], as_of=as_of)
    articles = load_articles(session, ids[1][on_page], as_of=as_of)
    has_more = max(len(each) for each in ids) > form.page * PAGE_SIZE
    return render_page(
        web,
        "search.html",
        form=form,
        choices=load_choices(session),
        feeds=feed_links("/v1/search/feed", {**form.filters, "q": form.typed, "limit": PAGE_SIZE}),
        results=results,
        totals=[len(each) for each in ids],
        stories=[stories[key] for key in ids[0][on_page] if key in stories],
        articles=[articles[key] for key in ids[1][on_page] if key in articles],
        marks=highlights.highlight_articles(session, results.phrases, list(articles), as_of=as_of),
        drops=[] if any(ids) else _suggest_drops(request, session, form),
        outside="" if any(ids) else explain_time_range(session, form.search.query),
        first_page_url=form.url(1) if form.page > 1 else "",
        next_page_url=form.url(form.page + 1) if has_more else "",
    )


def _suggest_drops(request: Request, session: Session, form: SearchForm) -> list[DroppedFilter]:
    """The filters without which the search has results."""
    search = form.search
    if search is None:
        return []

    def count(rest: Mapping[str, Any]) -> Total:
        if "q" not in rest:
            return Total(0, exact=True)
        dropped: dict[str, Any] = {
            name: [] if name not in TIMES else None for name in FILTERS if name not in rest
        }
        parameters = search.parameters.model_copy(update=dropped)
        without = replace(search, parameters=parameters, query=parameters.parsed)
        ranked = run_search(request, session, without).ranked
        return Total(len(ranked.stories) + len(ranked.articles), exact=True)

    given = {"q": form.typed, **form.filters}
    return suggest_dropped_filters("/search", given, count)
