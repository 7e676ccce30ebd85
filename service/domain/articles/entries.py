"""Parsed feed entries, and the article drafts made from them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from service.domain.text.date_forms.feed_date import FeedDate, Precision
from service.domain.text.dates import DateFlag

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed, as parsed: plain text, not yet validated or cleaned."""

    guid: str
    link: str  #: absolute if the base URL is known, else as written; may be empty
    title: str
    summary: str
    content: str  #: the full text, if the feed has more than a summary
    author: str
    published_raw: str
    published: datetime | None  #: aware, UTC
    updated: datetime | None
    language: str
    categories: tuple[str, ...]
    date_precision: Precision = "minute"  #: of `published`


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed and its entries in document order; warnings are one line each, for the operator."""

    title: str
    link: str
    language: str
    format: str  #: such as `rss20`, `atom10`, `json1`
    ttl: timedelta | None  #: fetch interval that the feed requests
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FeedContext:
    """Attributes of the feed that contains an entry."""

    url: str
    link: str = ""
    language: str = ""
    country: str = ""  #: of the outlet, ISO 3166


@dataclass(frozen=True, slots=True)
class Draft:
    """An article ready to be stored: cleaned text, checked date, canonical URL."""

    url: str  #: the key: canonical, or `urn:samestory:…` for entries without a link
    link: str  #: to open in a browser; may be empty
    title: str
    text: str  #: the lead, one line
    body: str  #: the full text, one line per paragraph; may be empty
    author: str
    language: str
    published: datetime | None  #: trusted; None unless `date_flag` is "ok"
    claimed_date: (
        datetime | None
    )  #: date in the feed, or in the link or dateline of an undated entry
    date_flag: DateFlag
    updated: datetime | None
    categories: tuple[str, ...]
    content_hash: str  #: of title, text and body; changes when the outlet edits the article
    date_precision: Precision = "minute"  #: of `claimed_date`

    def report_time(self, now: datetime) -> datetime:
        """Return the latest time at which the article can have appeared; `now` is its arrival.

        A day counts by its end, so that an article known to the day is never the first of it.
        """
        if self.published is not None and self.date_precision == "minute":
            return self.published
        if self.claimed_date is None or self.date_flag not in {"ok", "vague"}:
            return now
        return min(FeedDate(self.claimed_date, self.date_precision).latest, now)


@dataclass(frozen=True, slots=True)
class Rejection:
    """An entry that cannot become an article, with the reason."""

    guid: str
    reason: str


def content_hash(*parts: str) -> str:
    """Return a SHA-256 of the parts that ignores whitespace but not the boundaries of parts."""
    normal = "\x00".join(" ".join(part.split()) for part in parts)
    return hashlib.sha256(normal.encode("utf-8", "replace")).hexdigest()


def newest_per_url(drafts: Iterable[Draft]) -> list[Draft]:
    """Return the newest draft of each URL; the first in the feed wins a tie."""
    best: dict[str, Draft] = {}
    for draft in drafts:
        previous = best.get(draft.url)
        if previous is None or _last_change(draft) > _last_change(previous):
            best[draft.url] = draft
    return list(best.values())


def _last_change(draft: Draft) -> datetime:
    return max(filter(None, (draft.updated, draft.published)), default=_NEVER)
