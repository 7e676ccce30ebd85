"""`/feeds`: the feeds, and when each was read last."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from service.store.catalogue import views as catalogue_views
from service.store.catalogue.views import FeedFilter
from service.web.api.catalogue.feeds import FEED_CURSOR
from service.web.dependencies import ReadSession, WebContextDep
from service.web.rendering.meta import page_meta
from service.web.rendering.pages import render_page
from service.web.requests.parameters.types import CursorQuery

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/feeds")
def feeds_page(
    request: Request,
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
    return render_page(
        web,
        "feeds.html",
        meta=page_meta(request, "/feeds", "Feed health", "When each feed was read last."),
        feeds=page.items,
        counts=catalogue_views.load_feed_counts(session),
        failing=failing,
        first_page_url="/feeds" if cursor else "",
        next_page_url=f"/feeds?{urlencode({**filters, 'cursor': next_cursor})}"
        if next_cursor
        else "",
    )
