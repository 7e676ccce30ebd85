"""Parsed feed entries, and the article drafts made from them."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.domain.text.date_forms.feed_date import FeedDate, Precision
from service.domain.text.dates import DateFlag
from service.domain.text.phrases import Phrases

#: Counters and ages that pages update without a change of the article: "(12 comments)",
#: "3 min ago".
_COUNTER = Phrases(
    re.compile(
        r"\b(?:\d[\d.,\u00a0 ]{0,12}[km]?\s?)?"
        r"(?:comments?|views?|likes?|repl(?:y|ies)|reactions?|retweets?|upvotes?"
        r"|kommentare?|aufrufe|commentaires?|vues|comentarios?|coment[aá]rios?|commenti|reacties"
        r"|komentarz[ey]?|комментари(?:й|я|ев)|просмотр(?:а|ов)?|yorum|コメント|评论|댓글)\b"
        r"(?:\s?[:(]\s?\d[\d.,]{0,12}\)?)?"
        r"|\b\d{1,3}\s(?:seconds?|min(?:ute)?s?|hours?|hrs?|days?)\sago\b",
        re.IGNORECASE,
    ),
    (
        *("comment", "view", "like", "repl", "reaction", "retweet", "upvote", "kommentar"),
        *("aufruf", "vue", "coment", "commenti", "reacties", "комментари", "просмотр", "yorum"),
        *("コメント", "评论", "댓글", "komentarz", "ago"),
    ),
)


@dataclass(frozen=True, slots=True)
class Publisher:
    """The publisher that an aggregator names; one of the fields may be empty."""

    url: str  #: of its site, its feed or an article
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed, as parsed: plain text, not yet validated or cleaned."""

    guid: str
    link: str  #: absolute if the base URL is known, else as written; may be empty
    title: str
    summary: str = ""
    content: str = ""  #: the full text, if the feed has more than a summary
    author: str = ""
    published_raw: str = ""
    published: datetime | None = None  #: aware, UTC
    updated: datetime | None = None
    language: str = ""
    categories: tuple[str, ...] = ()
    publisher: Publisher | None = None  #: if the entry names it
    other_links: tuple[str, ...] = ()  #: further URLs that the feed gives for the same page
    date_precision: Precision = "minute"  #: of `published`


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed and its entries in document order; warnings are one line each, for the operator."""

    title: str
    link: str = ""
    language: str = ""
    format: str = "unknown"  #: such as `rss20`, `atom10`, `json1`
    ttl: timedelta | None = None  #: fetch interval that the feed requests
    entries: tuple[Entry, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedContext:
    """Attributes of the feed that contains an entry."""

    url: str
    link: str = ""
    language: str = ""
    country: str = ""  #: of the outlet, ISO 3166


@dataclass(frozen=True, slots=True)
class Draft:
    """An article ready to be stored: cleaned text, checked date, the publisher's own link."""

    url: str  #: as in the feed, or `urn:samestory:…` for entries without a link
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
    guid: str = ""
    other_urls: tuple[str, ...] = ()  #: further URLs of the same page, from the feed
    is_home_page: bool = False  #: `url` is the home page of the feed, which identifies no article
    publisher: Publisher | None = None  #: the publisher that an aggregator names
    date_precision: Precision = "minute"  #: of `claimed_date`

    def report_time(self, now: datetime) -> datetime:
        """Return the latest time at which the article can have appeared; `now` is its arrival.

        A date known to the day counts as the end of that day, so exact times of the day come first.
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
    """Return a SHA-256 hash of the parts that ignores whitespace but not the boundaries of parts.

    Counters of comments and views, and the form of characters (NFKC), are ignored as well.
    """
    normal = "\x00".join(_without_counters(part) if part else "" for part in parts)
    return hashlib.sha256(normal.encode("utf-8", "replace")).hexdigest()


def _without_counters(text: str) -> str:
    return " ".join(_COUNTER.remove_from(unicodedata.normalize("NFKC", text)).split())
