"""Paths of stories and storylines, and URLs of others that are safe to show."""

from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from service.domain.text.links import external_url, story_path

__all__ = [
    "external_url",
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


def with_as_of(path: str, as_of: datetime | None) -> str:
    """Path with the parameter `as_of`; unchanged without a time."""
    if as_of is None:
        return path
    return f"{path}?as_of={as_of.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"


def with_query(path: str, *, as_of: datetime | None = None, **values: str) -> str:
    """Path with query parameters, and with `as_of` unless it is None."""
    query = urlencode(values)
    dated = with_as_of(path, as_of)
    return f"{dated}{'?' if dated == path else '&'}{query}"


def storyline_path(storyline_id: str) -> str:
    """Path of a storyline's page."""
    return "/storylines/" + quote(storyline_id, safe="")


def storyline_api_path(storyline_id: str) -> str:
    """API path of a storyline."""
    return "/v1/storylines/" + quote(storyline_id, safe="")
