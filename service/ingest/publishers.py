"""Publishers and further links of parsed feed items."""

from typing import Any

from service.domain.articles.entries import Publisher
from service.domain.text.markup import one_line, plain_to_text
from service.domain.text.urls import is_web_url


def read_publisher(item: Any) -> Publisher | None:
    """Return the publisher that an item names: `source` of RSS and Atom.

    For Atom the site is preferred to the feed.
    """
    source = item.get("source")
    if not isinstance(source, dict):
        return None
    values = (dict.get(source, name) for name in ("link", "href", "url", "id"))
    urls = [value for value in values if isinstance(value, str) and is_web_url(value)]
    title = dict.get(source, "title") or dict.get(source, "value")
    name = one_line(plain_to_text(title)) if isinstance(title, str) else ""
    return Publisher(urls[0], name) if urls else None


def read_other_links(item: Any, link: str) -> tuple[str, ...]:
    """Return further URLs of the same page: canonical, AMP, the link of a feed service."""
    parts = [part for part in item.get("links") or [] if isinstance(part, dict)]
    related = [
        dict.get(part, "href")
        for part in parts
        if dict.get(part, "rel") in {"canonical", "amphtml"}
    ]
    urls = [*related, dict.get(item, "link")]
    others = (url for url in urls if isinstance(url, str) and is_web_url(url) and url != link)
    return tuple(dict.fromkeys(others))
