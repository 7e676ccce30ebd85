"""Paths of stories, storylines and outlets, and URLs of others that are safe to show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from service.domain.urls.links import external_url, outlet_path, story_path, storyline_path
from service.web.rendering.formats.syndication import MEDIA_TYPES, Format

__all__ = [
    "FeedLink",
    "external_url",
    "feed_links",
    "markdown_path",
    "outlet_path",
    "picture_path",
    "story_api_path",
    "story_path",
    "storyline_api_path",
    "storyline_path",
    "with_as_of",
    "with_query",
]


def story_api_path(story_id: str) -> str:
    """API path of a story."""
    return "/v1/stories/" + quote(story_id, safe="")


def markdown_path(story_id: str) -> str:
    """Path of a story as Markdown."""
    return f"/stories/{quote(story_id, safe='')}.md"


def picture_path(story_id: str) -> str:
    """Path of the picture of a story."""
    return f"/pictures/stories/{quote(story_id, safe='')}.png"


def with_as_of(path: str, as_of: datetime | None) -> str:
    """Path with the parameter `as_of`; unchanged without a time."""
    if as_of is None:
        return path
    return f"{path}?as_of={as_of.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"


def with_query(path: str, *, as_of: datetime | None = None, **values: str | int) -> str:
    """Path with query parameters that are not empty, and with `as_of` unless it is None."""
    query = urlencode({name: value for name, value in values.items() if value != ""})
    dated = with_as_of(path, as_of)
    return f"{dated}{'?' if dated == path else '&'}{query}" if query else dated


def storyline_api_path(storyline_id: str) -> str:
    """API path of a storyline."""
    return "/v1/storylines/" + quote(storyline_id, safe="")


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A link to an outgoing feed in one format."""

    name: str
    media_type: str
    url: str


_FORMAT_NAMES = {Format.ATOM: "Atom", Format.RSS: "RSS", Format.JSON: "JSON Feed"}


def feed_links(path: str, parameters: Mapping[str, Any] | None = None) -> list[FeedLink]:
    """Links to a feed in each format; `path` is without format, lists are repeated parameters."""
    query = urlencode(parameters or {}, doseq=True)
    return [
        FeedLink(name, MEDIA_TYPES[form], f"{path}.{form}{f'?{query}' if query else ''}")
        for form, name in _FORMAT_NAMES.items()
    ]


def without_campaign(url: str) -> str:
    """The URL without the parameters `utm_…`, for paper; a browser opens the original one."""
    address, mark, query = url.partition("?")
    query, hash_mark, fragment = query.partition("#")
    kept = "&".join(each for each in query.split("&") if not each.lower().startswith("utm_"))
    return address + (mark if kept else "") + kept + hash_mark + fragment
