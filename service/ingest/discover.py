"""Feed discovery: feeds that an HTML page announces, links to, or probably has."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from service.domain.text.markup import one_line, opening_tags
from service.domain.text.urls import canonical_url, is_web_url
from service.ingest.parsing.charset import decode

FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/json",
        "application/xml",
        "text/xml",
    }
)
#: Default feed paths of publishing software, used only if the page has no feed links.
COMMON_PATHS = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json")
_FEED_SUFFIXES = (".rss", "/rss", "rss.xml", "/feed", "feed.xml", "atom.xml", ".rdf", "feed.json")


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A possible feed; a guess is not mentioned on the page and may not exist."""

    url: str
    title: str
    guess: bool = False


def find_feeds(page: bytes, *, url: str, content_type: str = "") -> list[FeedLink]:
    """Return the feeds that the page announces, else those it links to, else default paths.

    URLs are http(s), absolute and unique, in the order of the page.
    """
    tags = list(opening_tags(decode(page, content_type)[0]))
    base = next((tag["href"] for name, tag in tags if name == "base" and "href" in tag), "")
    base = _join_url(url, base)
    announced = _find_announced(tags)
    for candidates in (announced, _find_linked(tags)):
        if links := _deduplicate((_join_url(base, href), title) for href, title in candidates):
            return [FeedLink(address, title) for address, title in links]
    guesses = _deduplicate((_join_url(url, path), "") for path in COMMON_PATHS)
    return [FeedLink(address, title, guess=True) for address, title in guesses]


def _find_announced(tags: list[tuple[str, dict[str, str]]]) -> Iterator[tuple[str, str]]:
    for name, tag in tags:
        kind = tag.get("type", "").partition(";")[0].strip().lower()
        alternate = name == "link" and "alternate" in tag.get("rel", "").lower().split()
        if alternate and kind in FEED_TYPES and "href" in tag:
            yield tag["href"], one_line(tag.get("title", ""))


def _find_linked(tags: list[tuple[str, dict[str, str]]]) -> Iterator[tuple[str, str]]:
    for name, tag in tags:
        href = tag.get("href", "")
        path = href.partition("?")[0].rstrip("/").lower()
        if name == "a" and path.endswith(_FEED_SUFFIXES):
            yield href, one_line(tag.get("title", ""))


def _join_url(base: str, href: str) -> str:
    try:
        return urljoin(base, href.strip())
    except ValueError:
        return ""


def _deduplicate(links: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    first: dict[str | None, tuple[str, str]] = {}
    for address, title in links:
        if is_web_url(address):
            first.setdefault(canonical_url(address), (address, title))
    return list(first.values())
