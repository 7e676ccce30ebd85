"""`/`: front page, the story list with its filters as plain links."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ConfigDict
from sqlalchemy.orm import Session

from service.domain.stories.filters import Sort
from service.store.catalogue.choices import Choices, load_choices
from service.store.counts.silent_outlets import count_silent_outlets
from service.store.counts.totals import Total, count_rows
from service.store.story_views import views
from service.store.story_views.views import StoryView
from service.web.api.stories.query import StoryFeedQuery, StoryQuery, list_page
from service.web.dependencies import ReadSession, WebContextDep
from service.web.rendering import links
from service.web.rendering.display_names import TYPE_NAMES
from service.web.rendering.dropped_filters import (
    DroppedFilter,
    explain_time_range,
    list_active_filters,
    suggest_dropped_filters,
)
from service.web.rendering.front_page import filter_links
from service.web.rendering.front_page.arrangement import arrange_front
from service.web.rendering.front_page.cards import MAX_SILENT
from service.web.rendering.meta import page_meta
from service.web.rendering.pages import page_url, render_page
from service.web.rendering.reader_clock import current_languages
from service.web.requests.parameters.form_query import FormQuery, explain_ignored
from service.web.requests.parameters.queries import read_query
from service.web.requests.parameters.types import Limit
from service.web.requests.reader import ReaderDep

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

#: From this time without a report on, the page states the time of the latest one.
QUIET = timedelta(hours=6)
#: For search engines and link previews.
DESCRIPTION = "What happened, and how many outlets report it independently."


class FrontQuery(FormQuery, StoryQuery):
    """Query parameters of the API; unknown ones are ignored, because links append them."""

    model_config = ConfigDict(extra="ignore")

    limit: Limit = 50


@router.get("/")
def front_page(
    request: Request,
    session: ReadSession,
    web: WebContextDep,
    reader: ReaderDep,
    query: Annotated[FrontQuery, Query()],
) -> Response:
    """Front page: a lead and a list; by rank, the stories of one storyline stand together."""
    listed = read_query(request, session, query.parsed)
    stories, next_cursor = list_page(
        session, listed, sort=query.sort, limit=query.limit, after=query.cursor
    )
    choices = load_choices(session)
    parameters = query.given()
    response = render_page(
        web,
        "front.html",
        meta=page_meta(request, page_url("/", parameters), "Stories", DESCRIPTION),
        clock=reader.clock,
        notice=explain_ignored(request.query_params, {*FrontQuery.model_fields, "zone"}),
        front=arrange_front(
            stories,
            now=listed.time or web.clock(),
            last_visit=None if listed.time else reader.last_visit,
            languages=(*query.language, *current_languages.get()),
            by_storyline=query.sort is Sort.RANK,
            has_lead=query.sort is Sort.RANK and not query.cursor,
            silent={}
            if listed.time
            else count_silent_outlets(session, stories, examples=MAX_SILENT),
        ),
        quiet_seconds=QUIET.total_seconds(),
        last_visit=reader.last_visit,
        as_of=listed.time,
        query=query,
        parameters=parameters,
        orders=filter_links.choice_group("Order", "sort", filter_links.ORDERS, parameters),
        filters=_filter_groups(stories, parameters, choices),
        active=list_active_filters("/", parameters, _display_names(choices)),
        choices=choices,
        feeds=links.feed_links("/v1/stories/feed", _feed_parameters(query)),
        json_url=_json_url(query),
        drops=[] if stories else _suggest_drops(request, session, parameters),
        out_of_range="" if stories else explain_time_range(session, listed),
        has_filters=bool(parameters.keys() - {"sort", "limit"}),
        first_page_url=page_url("/", parameters) if query.cursor else "",
        next_page_url=page_url("/", parameters | {"cursor": next_cursor}) if next_cursor else "",
    )
    return reader.personalize(response, remember_visit=True)


@router.get("/stories")
def stories_address(request: Request) -> RedirectResponse:
    """Redirect the address of the list to the front page, with its filters."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/{query}", 308)


def _suggest_drops(
    request: Request, session: Session, given: Mapping[str, Any]
) -> list[DroppedFilter]:
    def count(rest: Mapping[str, Any]) -> Total:
        query = read_query(request, session, FrontQuery.model_validate(rest).parsed)
        ids = views.select_story_ids(query)
        return count_rows(session, ids.order_by(None))

    return suggest_dropped_filters("/", given, count)


def _filter_groups(
    stories: Sequence[StoryView], parameters: Mapping[str, Any], choices: Choices
) -> list[filter_links.FilterGroup]:
    return [
        filter_links.choice_group("Last report", "since", filter_links.SPANS, parameters),
        filter_links.choice_group(
            "Independent coverage", "min_independent", filter_links.COVERAGES, parameters
        ),
        *filter_links.value_groups(stories, parameters, choices),
        *([types] if (types := filter_links.type_group(stories, parameters)) else []),
    ]


def _display_names(choices: Choices) -> dict[str, dict[str, str]]:
    """Display names of the values of filters, by parameter."""
    return {
        "outlet": dict(choices.outlets),
        "family": dict(choices.families),
        "storyline": dict(choices.storylines),
        "since": filter_links.SPANS,
        "q": {f"type:{kind}": f"type {name}" for kind, name in TYPE_NAMES.items()},
    }


def _feed_parameters(query: FrontQuery) -> dict[str, Any]:
    """Parameters of the first page, without those that a feed does not take."""
    names = set(StoryFeedQuery.model_fields)
    given = query.model_dump(mode="json", exclude_defaults=True, include=names)
    return given | {"limit": query.limit}


def _json_url(query: FrontQuery) -> str:
    """The stories of the first page as JSON."""
    return f"/v1/stories?{urlencode(_feed_parameters(query), doseq=True)}"
