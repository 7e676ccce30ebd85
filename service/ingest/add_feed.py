"""Adding a feed: it is fetched and parsed first, and comes with its outlet."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from service.domain.articles.entries import ParsedFeed
from service.domain.text.urls import is_web_url
from service.errors import BadInputError, FeedError, NotAFeedError
from service.ingest.catalogue_files import read_outlets, with_outlets
from service.ingest.fetching.fetch import FetchRequest, FetchResult, fetch_all
from service.ingest.opml import OpmlFeed
from service.ingest.parsing.worker import ParseJob
from service.ingest.parsing.workers import parse_all
from service.settings.load import Settings
from service.settings.paths import CONFIG_DIR
from service.store.catalogue import feeds, outlets


@dataclass(frozen=True, slots=True)
class ReadFeed:
    """A feed as it was fetched and parsed just now."""

    url: str
    result: FetchResult
    parsed: ParsedFeed

    def to_add(self, title: str = "") -> OpmlFeed:
        """What is to be added, under the address that it moved to."""
        return OpmlFeed(
            url=self.result.moved_to or self.url,
            title=title or self.parsed.title,
            site=self.parsed.link,
            language=self.parsed.language,
        )


def read_feed(url: str, settings: Settings) -> ReadFeed:
    """Fetch and parse one feed; nothing is stored.

    Raises:
        BadInputError: that is no address.
        FeedError: it could not be read.
    """
    result = fetch_one(url, settings)
    parsed = parse_one(result, settings)
    if isinstance(parsed, NotAFeedError):
        hint = f"samestory feeds discover {url} lists the feeds that a page names"
        raise NotAFeedError(parsed.url, f"{parsed.detail}; {hint}")
    if isinstance(parsed, FeedError):
        raise parsed
    return ReadFeed(url, result, parsed)


def add_feeds(session: Session, found: Sequence[OpmlFeed], *, now: datetime) -> int:
    """Add feeds with their outlets, those of the shipped catalogue among them; how many were new."""
    shipped = read_outlets(CONFIG_DIR / "outlets.toml")
    outlets.configure(session, shipped.outlets, families=shipped.families, now=now)
    new_feeds, made = with_outlets(found, feeds.site_index(session))
    outlets.configure(session, made, now=now)
    return feeds.add_feeds(session, new_feeds, now=now)


def fetch_one(url: str, settings: Settings) -> FetchResult:
    """One answer over the network; raises BadInputError or the FeedError that kept it away."""
    if not is_web_url(url):
        raise BadInputError(f"{url!r} is no http or https address")
    [result] = asyncio.run(fetch_all([FetchRequest(0, url)], settings.fetch))
    if result.error:
        raise result.error
    return result


def parse_one(result: FetchResult, settings: Settings) -> ParsedFeed | FeedError:
    """What an answer holds, or why it is no feed."""
    job = ParseJob(result.body or b"", result.final_url, result.content_type)
    [parsed] = parse_all([job], settings.parse)
    return parsed
