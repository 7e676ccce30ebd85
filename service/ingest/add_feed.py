"""Finding and adding feeds: fetch and parse them first, then store them with their outlets."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from service.domain.articles.entries import ParsedFeed
from service.domain.catalogue.feed_moves import has_token
from service.domain.text.cleaning import MAX_INDEXED_BYTES, clean_identifier, fits_index
from service.domain.text.markup import one_line, shorten
from service.domain.urls.canonical import MAX_URL_CHARACTERS, is_web_url
from service.errors import AlreadyExistsError, BadInputError, FeedError
from service.errors.redaction import redact_input, redact_url
from service.ingest.admit import MAX_NAME_CHARACTERS
from service.ingest.catalogue_files import assign_outlets, read_outlets
from service.ingest.discover import DiscoveryJob, FeedLink, usual_addresses
from service.ingest.fetching.fetch import FetchRequest, FetchResult, fetch_all
from service.ingest.opml import OpmlFeed
from service.ingest.parsing.clean import MAX_LANGUAGE_CHARACTERS
from service.ingest.parsing.processes.pool import parse_all
from service.ingest.parsing.processes.worker import ParseJob
from service.ingest.typed_urls import complete_url
from service.settings.load import Settings
from service.settings.paths import CONFIG_DIR
from service.settings.sections.web import WebSettings, is_loopback
from service.store.catalogue import feeds, outlets


@dataclass(frozen=True, slots=True)
class CheckedFeed:
    """A feed that was fetched and parsed successfully."""

    url: str
    result: FetchResult
    parsed: ParsedFeed

    def to_opml(self, title: str = "") -> OpmlFeed:
        """Return the feed to add, with its URL after permanent redirects.

        A target with a token that the URL does not have is not adopted, because it expires.
        """
        moved_to = self.result.moved_to
        return OpmlFeed(
            url=moved_to if moved_to and not has_token(moved_to, self.url) else self.url,
            title=title or self.parsed.title,
            site=self.parsed.link,
            language=self.parsed.language,
        )


def fetch_feed(url: str, settings: Settings) -> CheckedFeed:
    """Fetch and parse one feed without storing it; a URL without a scheme gets `https://`.

    Raises:
        BadInputError: the URL is not an http(s) URL, or it is one of this service.
        FeedError: the feed cannot be fetched or parsed.
    """
    url = complete_url(url)
    if _is_own(url, settings.web):
        raise BadInputError("The feed belongs to this service: add the feeds of outlets instead")
    result = fetch_one(url, settings)
    parsed = parse_one(result, settings)
    if isinstance(parsed, FeedError):
        raise parsed
    return CheckedFeed(url, result, parsed)


def _is_own(url: str, web: WebSettings) -> bool:
    """Whether a URL leads to this service, which would read its own stories."""
    try:
        parts, site = urlsplit(url), urlsplit(web.site)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        site_port = site.port or (443 if site.scheme == "https" else 80)
    except ValueError:  # not a URL; fetching names the reason
        return False
    host = parts.hostname or ""
    is_site = bool(host) and host == site.hostname and port == site_port
    return is_site or (is_loopback(host) and port == web.port)


def discover_feeds(url: str, settings: Settings) -> list[FeedLink]:
    """Return the feeds of a page; each one was fetched and parsed.

    These are the page itself if it is a feed, else the feeds that it announces, else those that it
    links to, else those at usual addresses of its site. A URL without a scheme gets `https://`, or
    `http://` if that fails.

    Raises:
        BadInputError: the URL is not an http(s) URL, or there are no feeds.
        FeedError: the page cannot be fetched and there are no feeds at usual addresses.
    """
    address = complete_url(url)
    result = _fetch_result(address, settings)
    if result.error and result.status is None and not is_web_url(url):
        address = address.replace("https://", "http://", 1)
        result = _fetch_result(address, settings)
    if result.error and result.status is None:
        raise result.error
    groups: Iterable[Iterable[FeedLink]] = usual_addresses(address)
    if result.error is None:
        parsed = parse_one(result, settings)
        if isinstance(parsed, ParsedFeed):
            feed = CheckedFeed(address, result, parsed).to_opml()
            return [FeedLink(feed.url, feed.title)]
        job = DiscoveryJob(result.body or b"", result.final_url, result.content_type)
        [links] = parse_all([job], settings.parse)
        groups = groups if isinstance(links, FeedError) else links
    for group in groups:
        if feeds := _keep_feeds(tuple(group), settings):
            return feeds
    raise result.error or BadInputError(
        f"{address} has no feeds, neither on the page nor at usual addresses"
    )


def _keep_feeds(links: Sequence[FeedLink], settings: Settings) -> list[FeedLink]:
    """Return the links that are feeds, each feed once, with its address and title."""
    requests = [FetchRequest(number, link.url) for number, link in enumerate(links)]
    results = [
        result
        for result in asyncio.run(fetch_all(requests, settings.fetch))
        if result.body is not None
    ]
    jobs = [ParseJob(each.body or b"", each.final_url, each.content_type) for each in results]
    feeds: dict[str, FeedLink] = {}
    for result, parsed in zip(results, parse_all(jobs, settings.parse), strict=True):
        if isinstance(parsed, ParsedFeed):
            link = links[result.feed_id]
            feed = CheckedFeed(link.url, result, parsed).to_opml(link.title)
            feeds.setdefault(result.final_url, FeedLink(feed.url, feed.title, link.guess))
    return list(feeds.values())


def add_new_feed(session: Session, opml_feed: OpmlFeed, *, now: datetime) -> int:
    """Add a feed, its outlet and the shipped outlets; return the id of the feed.

    Raises:
        AlreadyExistsError: a feed has this URL.
        BadInputError: the URL is too long or contains control characters.
    """
    is_new = bool(add_feeds(session, [opml_feed], now=now))
    feed_id = feeds.get_feed_id(session, opml_feed.url)
    if not is_new:
        raise AlreadyExistsError(
            f"Feed {redact_url(opml_feed.url)} already exists as feed {feed_id}"
        )
    return feed_id


def add_feeds(session: Session, opml_feeds: Sequence[OpmlFeed], *, now: datetime) -> int:
    """Add feeds, their outlets and the shipped outlets; return the number of new feeds.

    Raises:
        BadInputError: a URL is too long or contains control characters.
    """
    opml_feeds = [_clean(feed) for feed in opml_feeds]
    shipped = read_outlets(CONFIG_DIR / "outlets.toml")
    outlets.save_configured(session, shipped.outlets, families=shipped.families, now=now)
    new_feeds, new_outlets = assign_outlets(opml_feeds, feeds.load_site_index(session))
    outlets.save_configured(session, new_outlets, now=now)
    return feeds.add_feeds(session, new_feeds, now=now)


def _clean(feed: OpmlFeed) -> OpmlFeed:
    if not fits_index(feed.url):
        raise BadInputError(
            f"The feed URL has {len(feed.url)} characters: expected at most {MAX_INDEXED_BYTES}"
        )
    if clean_identifier(feed.url, MAX_URL_CHARACTERS) != feed.url:
        raise BadInputError(f"Invalid feed URL {feed.url!r}: remove control characters and spaces")
    return replace(
        feed,
        title=shorten(one_line(feed.title), MAX_NAME_CHARACTERS),
        site=clean_identifier(feed.site, MAX_URL_CHARACTERS),
        language=clean_identifier(feed.language, MAX_LANGUAGE_CHARACTERS),
    )


def fetch_one(url: str, settings: Settings) -> FetchResult:
    """Download one URL.

    Raises:
        BadInputError: the URL is not an http(s) URL.
        FeedError: the download failed.
    """
    result = _fetch_result(url, settings)
    if result.error:
        raise result.error
    return result


def _fetch_result(url: str, settings: Settings) -> FetchResult:
    if not is_web_url(url):
        raise BadInputError(f"Invalid URL {redact_input(url)!r}: expected an http or https URL")
    [result] = asyncio.run(fetch_all([FetchRequest(0, url)], settings.fetch))
    return result


def parse_one(result: FetchResult, settings: Settings) -> ParsedFeed | FeedError:
    """Parse a download; return the feed, or the error if it is not a feed."""
    job = ParseJob(result.body or b"", result.final_url, result.content_type)
    [parsed] = parse_all([job], settings.parse)
    return parsed
