"""Entries as feeds carry them, and the drafts of articles that they become."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from service.domain.text.dates import DateFlag

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed, as found: text is plain already, nothing is judged yet."""

    guid: str
    link: str  #: absolute where the feed allows it, else as written; may be empty
    title: str
    summary: str
    content: str  #: the full text, where the feed carries more than a summary
    author: str
    published_raw: str
    published: datetime | None  #: aware, UTC
    updated: datetime | None
    language: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed and its entries in document order; warnings are lines for the operator."""

    title: str
    link: str
    language: str
    format: str  #: such as `rss20`, `atom10`, `json1`
    pace: timedelta | None  #: how often the feed says it should be fetched
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FeedContext:
    """What is known of the feed that an entry came from."""

    url: str
    link: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry ready to be stored: cleaned, dated with care, under its canonical URL."""

    url: str  #: the key: canonical, or `urn:samestory:…` for entries without a link
    link: str  #: for people to open; empty if there is none
    title: str
    text: str  #: the lead, one line
    body: str  #: the full text with a line for each paragraph, or empty
    author: str
    language: str
    published: datetime | None  #: trusted; None unless `date_flag` is "ok"
    claimed: datetime | None  #: what the feed said
    date_flag: DateFlag
    updated: datetime | None
    categories: tuple[str, ...]
    content_hash: str  #: of title, text and body; changes when the outlet edits the article


@dataclass(frozen=True, slots=True)
class Rejection:
    """An entry that cannot become an article, and why."""

    guid: str
    reason: str


def content_hash(*parts: str) -> str:
    """A hash that spacing does not change, and that tells title from text."""
    normal = "\x00".join(" ".join(part.split()) for part in parts)
    return hashlib.sha256(normal.encode("utf-8", "replace")).hexdigest()


def newest_of_each(drafts: Iterable[Draft]) -> list[Draft]:
    """One draft for each URL, the newest; at a tie the one that comes first in the feed."""
    best: dict[str, Draft] = {}
    for draft in drafts:
        known = best.get(draft.url)
        if known is None or _age_key(draft) > _age_key(known):
            best[draft.url] = draft
    return list(best.values())


def _age_key(draft: Draft) -> datetime:
    moments = (moment for moment in (draft.updated, draft.published) if moment)
    return max(moments, default=_NEVER)
