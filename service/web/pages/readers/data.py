"""`/data`: feeds, exports, API and MCP server, and two lists of feeds as OPML."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from service.errors.redaction import redact_url
from service.ingest.opml import OpmlFeed, write_opml
from service.store.catalogue import feeds
from service.store.catalogue.feeds import FeedStatus
from service.store.story_views.storylines import StorylineOrder, list_storylines
from service.web.dependencies import ReadSession, WebContextDep
from service.web.pages.readers.subscribe import can_subscribe
from service.web.rendering.links import feed_links
from service.web.rendering.meta import page_meta
from service.web.rendering.pages import page_url, render_page

router = APIRouter(prefix="/data", default_response_class=HTMLResponse, include_in_schema=False)

#: Storylines in the list of feeds, the latest ones.
MAX_STORYLINES = 100
#: Independent coverage of the stories in the first feed of the list.
MIN_INDEPENDENT = 3
OPML = "text/x-opml+xml"


@router.get("")
def data_page(request: Request, web: WebContextDep) -> HTMLResponse:
    """Show all ways to get the data."""
    description = "Feeds, exports, query API, webhooks, Python client and MCP server."
    return render_page(
        web,
        "data.html",
        meta=page_meta(request, "/data", "Feeds and exports", description),
        base=str(request.base_url).rstrip("/"),
        feeds=feed_links("/v1/stories/feed", {"min_independent": MIN_INDEPENDENT}),
        min_independent=MIN_INDEPENDENT,
        can_subscribe=can_subscribe(web),
    )


@router.get("/stories.opml", response_class=Response)
def stories_opml(request: Request, session: ReadSession, web: WebContextDep) -> Response:
    """Feeds of this service for a feed reader: the most covered stories, and each storyline."""
    base = str(request.base_url).rstrip("/")
    latest = list_storylines(session, sort=StorylineOrder.LATEST, limit=MAX_STORYLINES).items
    outgoing = [
        OpmlFeed(
            base + page_url("/v1/stories/feed.atom", {"min_independent": MIN_INDEPENDENT}),
            f"{web.title}: stories of {MIN_INDEPENDENT} independent outlets",
        ),
        *(
            OpmlFeed(
                base + page_url("/v1/stories/feed.atom", {"storyline": each.id, "sort": "newest"}),
                each.title,
                folders=("Storylines",),
            )
            for each in latest
            if each.stories
        ),
    ]
    return _opml(outgoing, f"{web.title}: stories", "stories.opml")


@router.get("/sources.opml", response_class=Response)
def sources_opml(session: ReadSession, web: WebContextDep) -> Response:
    """The feeds of the outlets; feeds whose address may contain a secret are left out."""
    sources = [
        OpmlFeed(
            feed.url,
            feed.title,
            feed.site_url or "",
            feed.language or "",
            tuple(feed.folders),
            tuple(feed.categories),
            FeedStatus(feed.status),
        )
        for feed, _ in feeds.list_feeds_with_outlets(session)
        if redact_url(feed.url) == feed.url
    ]
    return _opml(sources, f"{web.title}: sources", "sources.opml")


def _opml(listed: list[OpmlFeed], title: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(write_opml(listed, title=title), media_type=OPML, headers=headers)
