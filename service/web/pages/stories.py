"""HTML pages for storylines, feeds and the glossary; no scripts."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from service.domain.stories.filters import Sort
from service.store.catalogue import views as catalogue_views
from service.store.catalogue.views import FeedFilter
from service.store.story_views import storylines, views
from service.web.api.catalogue.feeds import FEED_CURSOR
from service.web.dependencies import ReadSession, WebContext, WebContextDep
from service.web.rendering import links
from service.web.requests.parameters import CursorQuery, StorylineId

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/storylines/{storyline_id}")
def storyline_page(
    session: ReadSession, web: WebContextDep, storyline_id: StorylineId
) -> HTMLResponse:
    """Storyline page: the stories of one storyline."""
    storyline = storylines.get_storyline(session, storyline_id)
    parameters = {"storyline": storyline.id, "sort": Sort.NEWEST, "limit": views.MAX_RELATED}
    feeds = links.feed_links("/v1/stories/feed", parameters)
    return _render_page(web, "storyline.html", storyline=storyline, feeds=feeds)


@router.get("/feeds")
def feeds_page(
    session: ReadSession,
    web: WebContextDep,
    *,
    failing: Annotated[bool | None, Query()] = None,
    cursor: CursorQuery = None,
) -> HTMLResponse:
    """Feed list with fetch status."""
    after = FEED_CURSOR.decode(cursor)
    page = catalogue_views.list_feeds(session, FeedFilter(failing=failing), after=after)
    next_cursor = FEED_CURSOR.encode(page.next)
    filters = {"failing": "true"} if failing else {}
    return _render_page(
        web,
        "feeds.html",
        feeds=page.items,
        counts=catalogue_views.load_feed_counts(session),
        failing=failing,
        first_page_url="/feeds" if cursor else "",
        next_page_url=f"/feeds?{urlencode({**filters, 'cursor': next_cursor})}"
        if next_cursor
        else "",
    )


@router.get("/about")
def about_page(web: WebContextDep) -> HTMLResponse:
    """Glossary of the terms on the pages."""
    return _render_page(web, "about.html")


def _render_page(web: WebContext, template: str, **values: Any) -> HTMLResponse:
    return HTMLResponse(web.templates.get_template(template).render(now=web.clock(), **values))
