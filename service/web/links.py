"""Addresses: of our own things, and what may be linked of others'."""

from urllib.parse import quote, urlsplit, urlunsplit


def story_page(story_id: str, slug: str = "") -> str:
    """The path of a story's page."""
    return "/stories/" + quote(story_id, safe="") + (f"/{quote(slug, safe='')}" if slug else "")


def story_api(story_id: str) -> str:
    """The path of a story in the API."""
    return "/v1/stories/" + quote(story_id, safe="")


def storyline_page(storyline_id: str) -> str:
    """The path of a storyline's page."""
    return "/storylines/" + quote(storyline_id, safe="")


def storyline_api(storyline_id: str) -> str:
    """The path of a storyline in the API."""
    return "/v1/storylines/" + quote(storyline_id, safe="")


def outside(url: str) -> str:
    """A foreign address that is fit for a link: http or https with a host; else empty."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return url.strip() if parts.scheme in {"http", "https"} and parts.netloc else ""


def without_secrets(url: str) -> str:
    """A feed's address as it may be shown: no user, no password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
