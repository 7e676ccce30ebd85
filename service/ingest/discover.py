"""Feed discovery: feeds that an HTML page announces or links to, and usual addresses of feeds."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree, html

from service.domain.text.markup import one_line
from service.domain.urls.canonical import is_web_url
from service.ingest.parsing.charset import decode
from service.ingest.parsing.processes.worker import Job

_GENERIC_TYPES = frozenset({"application/json", "application/xml", "text/xml"})
FEED_TYPES = _GENERIC_TYPES | {
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
}
#: Usual paths of feeds, the most frequent first, relative to the page and to the root of the site.
USUAL_PATHS = (
    *("feed", "rss.xml", "rss", "feed.xml", "atom.xml", "index.xml", "feed/", "rss/"),
    *("feed.json", "index.rdf", "feeds/posts/default", "?feed=rss2"),
)
_FEED_WORDS = ("rss", "feed", "atom", ".rdf", ".xml", "feed.json")
#: Parts of the paths of documents that are not feeds, unless a page announces them with the type of
#: a feed.
_OTHER_WORDS = ("sitemap", "wp-json", "oembed", "feedback", "xmlrpc", "opensearch")
#: Maximum links of a group that are tried.
MAX_LINKS = 20
_PATHS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A possible feed; `guess` marks a usual address that is not on the page."""

    url: str
    title: str
    guess: bool = False


@dataclass(frozen=True)
class DiscoveryJob(Job[tuple[tuple[FeedLink, ...], ...]]):
    """A page whose links to feeds a worker process finds."""

    outcome_type = tuple[tuple[FeedLink, ...], ...]

    def run(self) -> tuple[tuple[FeedLink, ...], ...]:
        """Return the groups of `find_links`."""
        groups = find_links(self.body, url=self.url, content_type=self.content_type)
        return tuple(map(tuple, groups))


def find_links(page: bytes, *, url: str, content_type: str = "") -> Iterator[list[FeedLink]]:
    """Yield groups of possible feeds, the most probable first; groups may be empty.

    The groups are: the feeds that the page announces, the links that are probably feeds, then
    usual addresses. URLs are http(s), absolute and unique. Comments are ignored.
    """
    tree = _parse_html(decode(page, content_type)[0])
    base = _join_url(url, next(iter(tree.xpath("//base/@href")), ""))
    for elements in (_announced(tree), _linked(tree)):
        links = (
            (_join_url(base, element.get("href", "")), one_line(element.get("title") or ""))
            for element in elements
        )
        unique = _unique(links)[:MAX_LINKS]
        yield [FeedLink(address, title) for address, title in unique]
    yield from usual_addresses(url)


def usual_addresses(url: str) -> Iterator[list[FeedLink]]:
    """Yield usual addresses of feeds of a page and its site, in groups of a few paths."""
    folders = (_join_url(url, "./"), _join_url(url, "/"))
    for start in range(0, len(USUAL_PATHS), _PATHS_AT_ONCE):
        paths = USUAL_PATHS[start : start + _PATHS_AT_ONCE]
        guesses = ((_join_url(folder, path), "") for path in paths for folder in folders)
        yield [FeedLink(address, "", guess=True) for address, _ in _unique(guesses)]


def _parse_html(text: str) -> Any:
    parser = html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True
    )
    try:
        return html.document_fromstring(text.encode(), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return html.Element("html")  # a document without elements


def _announced(tree: Any) -> Iterator[Any]:
    for link in tree.iter("link"):
        kind = link.get("type", "").partition(";")[0].strip().lower()
        relations = link.get("rel", "").lower().split()
        if kind not in FEED_TYPES or {"alternate", "feed"}.isdisjoint(relations):
            continue
        if kind not in _GENERIC_TYPES or not _is_other(link.get("href", "")):
            yield link


def _linked(tree: Any) -> Iterator[Any]:
    for link in tree.iter("a"):
        address = link.get("href", "").lower()
        if any(word in address for word in _FEED_WORDS) and not _is_other(address):
            yield link


def _is_other(address: str) -> bool:
    with suppress(ValueError):
        return any(word in urlsplit(address).path for word in _OTHER_WORDS)
    return False


def _join_url(base: str, href: str) -> str:
    try:
        return urljoin(base, href.strip())
    except ValueError:
        return ""


def _unique(links: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    first: dict[str, tuple[str, str]] = {}
    for address, title in links:
        plain = address.partition("#")[0]
        if is_web_url(plain):
            first.setdefault(plain, (plain, title))
    return list(first.values())
