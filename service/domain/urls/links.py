"""Paths of pages, and external URLs that are safe to link."""

from urllib.parse import quote, urlsplit


def story_path(story_id: str, slug: str = "") -> str:
    """Return the URL path of a story page."""
    return "/stories/" + quote(story_id, safe="") + (f"/{quote(slug, safe='')}" if slug else "")


def storyline_path(storyline_id: str) -> str:
    """Return the URL path of a storyline's page."""
    return "/storylines/" + quote(storyline_id, safe="")


def outlet_path(slug: str) -> str:
    """Return the URL path of an outlet's page."""
    return "/outlets/" + quote(slug, safe="")


def external_url(url: str) -> str:
    """Return the URL if it is http(s) with a host and thus safe to link, else an empty string."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return url.strip() if parts.scheme in {"http", "https"} and parts.netloc else ""
