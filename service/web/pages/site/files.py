"""`/robots.txt`, `/favicon.ico` and `/sitemap.xml`."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, PlainTextResponse

from service.store.story_views.sitemap import list_addresses
from service.web.dependencies import WebContextDep
from service.web.middleware.etags import ETagSession
from service.web.rendering.formats.sitemap import Address, render_sitemap
from service.web.rendering.templates import STATIC

router = APIRouter(include_in_schema=False)

#: Lists of the sitemap; their stories, storylines and outlets follow.
LISTS = ("/", "/map", "/storylines", "/outlets", "/missing", "/data", "/about", "/docs")
#: Stories in the sitemap, the latest ones; the format allows 50,000 addresses.
MAX_STORIES = 10_000
#: Programs have the API, searches cost much, and past states repeat the present one.
ROBOTS = """User-agent: *
Allow: /v1/stories/feed.
Disallow: /v1/
Disallow: /digest/
Disallow: /search
Disallow: /*?*as_of=
Disallow: /*?*cursor=

Sitemap: {base}sitemap.xml
"""
NO_ROBOTS = "User-agent: *\nDisallow: /\n"


@router.get("/robots.txt", response_class=PlainTextResponse)
def robots(request: Request, web: WebContextDep) -> PlainTextResponse:
    """Allow crawlers, or exclude them if reading requires a key."""
    is_open = web.settings.access.is_open(web.settings.web.host)
    return PlainTextResponse(ROBOTS.format(base=request.base_url) if is_open else NO_ROBOTS)


@router.get("/favicon.ico", response_class=FileResponse)
def favicon() -> FileResponse:
    """Icon for programs that do not read the icon's link."""
    return FileResponse(STATIC / "favicon.ico", media_type="image/x-icon")


@router.get("/sitemap.xml", response_class=Response)
def sitemap(request: Request, session: ETagSession) -> Response:
    """List the addresses of all outlets, all storylines and the latest stories."""
    base = str(request.base_url).rstrip("/")
    listed = list_addresses(session, max_stories=MAX_STORIES)
    addresses = [*(Address(path) for path in LISTS), *(Address(*each) for each in listed)]
    return Response(render_sitemap(base, addresses), media_type="application/xml")
