"""Outgoing feeds of story lists and of single stories: Atom, RSS and JSON Feed."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from service.domain.field_types import ArticleTypes, UtcTime
from service.domain.queries.conditions import Field as QueryField
from service.store.story_views.reports import Member
from service.store.story_views.views import StoryView
from service.web.api.stories.query import StoryFeedQuery, list_page
from service.web.dependencies import WebContextDep
from service.web.middleware.etags import ETagSession
from service.web.rendering import links
from service.web.rendering.display_names import excerpt, outlet_names
from service.web.rendering.formats import syndication
from service.web.rendering.formats.syndication import (
    MEDIA_TYPES,
    Channel,
    FeedEntry,
    Format,
    feed_urn,
)
from service.web.rendering.utc_times import date_time
from service.web.requests.parameters.queries import read_query
from service.web.requests.parameters.types import StoryId
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES
from service.web.requests.redirects import MERGED_RESPONSE, require_unmerged_story

router = APIRouter(prefix="/v1/stories", tags=["outgoing feeds"], responses=PROBLEM_RESPONSES)

FormatPath = Annotated[Format, Path(description="Feed format: `atom`, `rss` or `json`.")]
#: Date of a feed without entries.
EMPTY_FEED_DATE = datetime(2000, 1, 1, tzinfo=UTC)
EXAMPLE = '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">…</feed>'
RSS_EXAMPLE = '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>…</channel></rss>'
JSON_EXAMPLE = {"version": "https://jsonfeed.org/version/1.1", "title": "…", "items": []}
FEED_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The feed.",
        "content": {
            MEDIA_TYPES[Format.ATOM]: {"schema": {"type": "string"}, "example": EXAMPLE},
            MEDIA_TYPES[Format.RSS]: {"schema": {"type": "string"}, "example": RSS_EXAMPLE},
            MEDIA_TYPES[Format.JSON]: {"schema": {"type": "object"}, "example": JSON_EXAMPLE},
        },
    }
}


class ArticleFeedQuery(BaseModel):
    """Query parameters of the feed of a story."""

    model_config = ConfigDict(extra="forbid")

    type: ArticleTypes = Field([], description="Types of articles; only articles of one of them.")
    as_of: UtcTime | None = Field(
        None,
        description="Return the articles at this time; for a future time, the current ones. "
        "Default: the current ones.",
    )


@router.get("/feed.{form}", responses=FEED_RESPONSES, response_class=Response)
def get_stories_feed(
    request: Request,
    session: ETagSession,
    web: WebContextDep,
    form: FormatPath,
    query: Annotated[StoryFeedQuery, Query()],
) -> Response:
    """Get a list of stories as a feed, with the filters, order and limit of `/v1/stories`.

    Each story is an entry with a stable id. The entry is updated when the story changes. Merged
    stories have no entry.
    """
    resolved = read_query(request, session, query.parsed)
    stories, _ = list_page(session, resolved, sort=query.sort, limit=query.limit)
    since, _ = resolved.bounds(QueryField.REPORTED)
    base = str(request.base_url)
    query_string = request.url.query
    channel = Channel(
        key=feed_urn("stories", *([query_string] if query_string else [])),
        title=f"{web.title}: stories",
        url=str(request.url),
        page=f"{base}?{query_string}" if query_string else base,
        entries=[story_entry(story, base) for story in stories],
        since=since or resolved.time or EMPTY_FEED_DATE,
    )
    return feed_response(channel, form)


@router.get(
    "/{story_id}/feed.{form}",
    responses={**NOT_FOUND_RESPONSE, **MERGED_RESPONSE, **FEED_RESPONSES},
    response_class=Response,
)
def get_story_feed(
    request: Request,
    session: ETagSession,
    story_id: StoryId,
    form: FormatPath,
    query: Annotated[ArticleFeedQuery, Query()],
) -> Response:
    """Get the articles of one story as a feed, latest first."""
    detail = require_unmerged_story(session, story_id, query.as_of)
    story, base = detail.story, str(request.base_url)
    query_string = request.url.query
    members = [each for each in detail.members if not query.type or each.report.type in query.type]
    page = base + links.story_path(story.id, story.slug).lstrip("/")
    channel = Channel(
        key=feed_urn("story", story.id, *([query_string] if query_string else [])),
        title=story.headline or story.id,
        url=str(request.url),
        page=f"{page}?{query_string}" if query_string else page,
        entries=[_article_entry(member) for member in reversed(members)],
        since=story.changed_at,
    )
    return feed_response(channel, form)


def feed_response(channel: Channel, form: Format) -> Response:
    """The HTTP response with a feed in the given format."""
    return Response(syndication.render_feed(channel, form), media_type=MEDIA_TYPES[form])


def story_entry(story: StoryView, base: str) -> FeedEntry:
    """The feed entry of a story; `base` is the base URL of the site."""
    names = outlet_names(story.reports)
    quotes = " ".join(
        f"“{quote.text}” ({names.get(quote.outlet, quote.outlet)}"
        f"{f', {date_time(quote.at)}' if quote.at else ''})"
        for quote in story.details.summary
    )
    outlets = "1 outlet" if story.coverage == 1 else f"{story.coverage} outlets"
    counts = f"{outlets}, {story.independent} independent: "
    return FeedEntry(
        key=f"urn:samestory:story:{story.id}",
        url=base + links.story_path(story.id, story.slug).lstrip("/"),
        title=story.headline or story.id,
        text=f"{counts}{', '.join(names.values())}. {quotes}".strip(),
        author=next(iter(names.values()), "samestory"),
        published=story.first_reported_at if story.dated else None,
        updated=max(story.changed_at, story.first_reported_at),
        tags=story.keywords,
    )


def _article_entry(member: Member) -> FeedEntry:
    report = member.report
    return FeedEntry(
        key=f"urn:samestory:article:{report.article_id}",
        url=links.external_url(report.url) or f"urn:samestory:article:{report.article_id}",
        title=report.title or report.outlet.name,
        text=excerpt(member.lead),
        author=report.outlet.name,
        published=None if report.day_only else report.published,
        updated=max(report.reported_at, member.first_seen),
    )
