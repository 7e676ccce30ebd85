"""Outgoing feeds of search results."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from service.store.story_views.views import get_stories
from service.web.api.search.search import ParsedSearch, parse_search, run_search
from service.web.api.stories.syndication import (
    EMPTY_FEED_DATE,
    FEED_RESPONSES,
    FormatPath,
    feed_response,
    story_entry,
)
from service.web.dependencies import WebContextDep
from service.web.middleware.concurrency import SearchSlot
from service.web.middleware.etags import ETagSession
from service.web.rendering.formats.syndication import Channel, feed_urn
from service.web.requests.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/v1/search", tags=["outgoing feeds"], responses=PROBLEM_RESPONSES)


@router.get("/feed.{form}", responses=FEED_RESPONSES, response_class=Response)
def get_search_feed(
    request: Request,
    parsed: Annotated[ParsedSearch, Depends(parse_search)],
    _: SearchSlot,
    session: ETagSession,
    web: WebContextDep,
    form: FormatPath,
) -> Response:
    """Get the stories of a search as a feed, best first, with the parameters of `/v1/search`.

    `mode=keyword` is the fastest, and its results do not depend on the model.
    """
    if parsed.awaits_model:  # the response will change without a change in the database
        request.state.validators = None
    results = run_search(request, session, parsed)
    ranked = results.ranked
    stories = get_stories(session, list(ranked.stories), as_of=results.as_of)
    base, query = str(request.base_url), request.url.query
    channel = Channel(
        key=feed_urn("search", query),
        title=f"{web.title}: {parsed.parameters.q or parsed.parameters.query}",
        url=str(request.url),
        page=f"{base}search?{query}",
        entries=[story_entry(stories[key], base) for key in ranked.stories if key in stories],
        since=results.since or EMPTY_FEED_DATE,
    )
    return feed_response(channel, form)
