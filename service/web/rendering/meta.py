"""Metadata of a page for search engines and link previews: canonical address, Open Graph."""

from dataclasses import dataclass

from fastapi import Request

from service.store.story_views.views import StoryView
from service.web.rendering.links import picture_path, story_path
from service.web.rendering.utc_times import date_time


@dataclass(frozen=True, slots=True)
class PageMeta:
    """Absolute address, title and description; `picture` is the absolute address of a PNG."""

    url: str
    title: str
    description: str
    picture: str = ""


def page_meta(request: Request, path: str, title: str, description: str) -> PageMeta:
    """Metadata of a page without a picture."""
    return PageMeta(_absolute(request, path), title, description)


def story_meta(request: Request, story: StoryView) -> PageMeta:
    """Metadata of a story in its current state, also on the page of a past state."""
    outlets = "outlet" if story.coverage == 1 else "outlets"
    reports = "report" if story.articles == 1 else "reports"
    return PageMeta(
        url=_absolute(request, story_path(story.id, story.slug)),
        title=story.headline or "Untitled",
        description=f"{story.independent} independent of {story.coverage} {outlets}, "
        f"{story.articles} {reports}; first {date_time(story.first_reported_at)}, "
        f"last {date_time(story.last_reported_at)} UTC.",
        picture=_absolute(request, picture_path(story.id)),
    )


def _absolute(request: Request, path: str) -> str:
    return str(request.base_url).rstrip("/") + path
