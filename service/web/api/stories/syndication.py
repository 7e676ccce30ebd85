"""Feeds out: any list of stories, and the reports of any story, as Atom, RSS and JSON Feed."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from service.store.story_views.reports import Member
from service.store.story_views.views import StoryView
from service.web.api.stories.query import StoryFeedQuery, list_page
from service.web.dependencies import Context
from service.web.middleware.etags import TaggedSession
from service.web.rendering import links, syndication
from service.web.rendering.display_names import outlet_names
from service.web.rendering.syndication import MEDIA_TYPES, Channel, FeedEntry, Format, key_of
from service.web.requests.parameters import StoryId, excerpt
from service.web.requests.problems import NOT_FOUND, PROBLEMS
from service.web.requests.redirects import MOVED, standing_story

router = APIRouter(prefix="/v1/stories", tags=["feeds out"], responses=PROBLEMS)

FormatPath = Annotated[Format, Path(description="`atom`, `rss` or `json`.")]
#: The date of a feed without entries.
NEVER = datetime(2000, 1, 1, tzinfo=UTC)
EXAMPLE = '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">…</feed>'
RSS_EXAMPLE = '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>…</channel></rss>'
JSON_EXAMPLE = {"version": "https://jsonfeed.org/version/1.1", "title": "…", "items": []}
WRITTEN: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The feed.",
        "content": {
            MEDIA_TYPES[Format.ATOM]: {"schema": {"type": "string"}, "example": EXAMPLE},
            MEDIA_TYPES[Format.RSS]: {"schema": {"type": "string"}, "example": RSS_EXAMPLE},
            MEDIA_TYPES[Format.JSON]: {"schema": {"type": "object"}, "example": JSON_EXAMPLE},
        },
    }
}


@router.get("/feed.{form}", responses=WRITTEN, response_class=Response)
def feed_of_stories(
    request: Request,
    session: TaggedSession,
    web: Context,
    form: FormatPath,
    query: Annotated[StoryFeedQuery, Query()],
) -> Response:
    """A list of stories as a feed; it takes the filters, the order and the limit of the list.

    An entry keeps its id while its story lives, and is changed when the story is. A story that
    was merged is no entry any more; the one that it lives on in keeps its own id.
    """
    found, _ = list_page(session, query)
    base = str(request.base_url)
    asked = request.url.query
    channel = Channel(
        key=key_of("stories", *([asked] if asked else [])),
        title=f"{web.title}: stories",
        url=str(request.url),
        page=f"{base}?{asked}" if asked else base,
        entries=[entry_of(story, base) for story in found],
        since=query.since or query.as_of or NEVER,
    )
    return written_feed(channel, form)


@router.get(
    "/{story_id}/feed.{form}",
    responses={**NOT_FOUND, **MOVED, **WRITTEN},
    response_class=Response,
)
def feedentry_of(
    request: Request, session: TaggedSession, story_id: StoryId, form: FormatPath
) -> Response:
    """The reports of one story as a feed, latest first."""
    detail = standing_story(session, story_id)
    story, base = detail.story, str(request.base_url)
    channel = Channel(
        key=f"urn:samestory:story:{story.id}",
        title=story.headline or story.id,
        url=str(request.url),
        page=base + links.story_page(story.id, story.slug).lstrip("/"),
        entries=[_of_member(member) for member in reversed(detail.members)],
        since=story.changed_at,
    )
    return written_feed(channel, form)


def written_feed(channel: Channel, form: Format) -> Response:
    """A feed as it goes out."""
    return Response(syndication.write(channel, form), media_type=MEDIA_TYPES[form])


def entry_of(story: StoryView, base: str) -> FeedEntry:
    """A story as an entry; `base` is the address of the site."""
    names = outlet_names(story.reports)
    quotes = " ".join(
        f"“{quote.text}” ({names.get(quote.outlet, quote.outlet)})"
        for quote in story.details.summary
    )
    outlets = "1 outlet" if story.coverage == 1 else f"{story.coverage} outlets"
    counts = f"{outlets}, {story.independent} independent: "
    return FeedEntry(
        key=f"urn:samestory:story:{story.id}",
        url=base + links.story_page(story.id, story.slug).lstrip("/"),
        title=story.headline or story.id,
        text=f"{counts}{', '.join(names.values())}. {quotes}".strip(),
        author=next(iter(names.values()), "samestory"),
        published=story.first_reported_at,
        updated=max(story.changed_at, story.first_reported_at),
        tags=story.keywords,
    )


def _of_member(member: Member) -> FeedEntry:
    report = member.report
    return FeedEntry(
        key=f"urn:samestory:article:{report.article_id}",
        url=links.outside(report.url) or f"urn:samestory:article:{report.article_id}",
        title=report.title or report.outlet.name,
        text=excerpt(member.lead),
        author=report.outlet.name,
        published=report.reported_at,
        updated=max(report.reported_at, member.first_seen),
    )
