"""Addresses of stories' pages, and what may be linked of others'."""

from urllib.parse import quote, urlsplit


def story_page(story_id: str, slug: str = "") -> str:
    """The path of a story's page."""
    return "/stories/" + quote(story_id, safe="") + (f"/{quote(slug, safe='')}" if slug else "")


def outside(url: str) -> str:
    """A foreign address that is fit for a link: http or https with a host; else empty."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return url.strip() if parts.scheme in {"http", "https"} and parts.netloc else ""
