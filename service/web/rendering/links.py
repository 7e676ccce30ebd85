"""Addresses: of our own things, and what may be linked of others'."""

from datetime import UTC, datetime
from urllib.parse import quote, urlsplit, urlunsplit

from service.domain.text.links import external_url, story_path

__all__ = [
    "external_url",
    "story_api",
    "story_path",
    "storyline_api",
    "storyline_page",
    "with_as_of",
    "strip_credentials",
]


def story_api(story_id: str) -> str:
    """The path of a story in the API."""
    return "/v1/stories/" + quote(story_id, safe="")


def with_as_of(path: str, as_of: datetime | None) -> str:
    """A path of something as it stood at an instant; unchanged without one."""
    if as_of is None:
        return path
    return f"{path}?as_of={as_of.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"


def storyline_page(storyline_id: str) -> str:
    """The path of a storyline's page."""
    return "/storylines/" + quote(storyline_id, safe="")


def storyline_api(storyline_id: str) -> str:
    """The path of a storyline in the API."""
    return "/v1/storylines/" + quote(storyline_id, safe="")


def strip_credentials(url: str) -> str:
    """A feed's address as it may be shown: no user, no password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
