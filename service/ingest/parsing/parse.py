"""A body to a feed with its entries: RSS, RDF and Atom here, JSON Feed in `json_feed`."""

import io
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import feedparser

from service.domain.articles.entries import Entry, ParsedFeed
from service.domain.text.dates import parse_date
from service.domain.text.markup import html_to_text, one_line, plain_to_text
from service.domain.text.urls import without_credentials
from service.errors import NotAFeedError
from service.ingest.parsing import json_feed
from service.ingest.parsing.charset import decode
from service.ingest.parsing.repair import repair
from service.ingest.parsing.salvage import readable

#: Feeds list recent entries; what is beyond belongs to an archive or to an attack.
MAX_ENTRIES = 5000

_HTML = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_ORNAMENTS = re.compile(
    r"</?(?:width|height|image|textinput|(?!(?:dc|content|atom|rdf|xhtml):)[\w.-]+:[\w.-]+)\b[^<>]*>",
    re.IGNORECASE,
)
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}


def parse_feed(body: bytes, *, url: str, content_type: str = "") -> ParsedFeed:
    """Read a feed of any common format, however its publisher mangled it.

    Relative links are resolved against the document's base and `url`. Nothing is ever fetched.
    An entry that cannot be read costs itself and a warning, never its feed.

    Raises:
        NotAFeedError: the body is empty, an HTML page, or something else that is no feed.
    """
    shown = without_credentials(url)
    text, charset = decode(body, content_type)
    document = text.lstrip("\ufeff \t\r\n\x00")
    if not document:
        raise NotAFeedError(shown, "the answer is empty; expected RSS, Atom or JSON Feed")
    if document[0] in "{[":
        return json_feed.parse(document, url=shown, max_entries=MAX_ENTRIES)
    return _parse_xml(document, url=shown, charset=charset)


def _parse_xml(document: str, *, url: str, charset: str) -> ParsedFeed:
    xml = repair(document)
    found = _run_feedparser(xml.text, url)
    items, warnings = list(found["entries"]), list(xml.warnings)
    if "\ufffd" in document:
        warnings.append(f"some bytes mean nothing in {charset}")
    if found.get("bozo"):
        warnings.append(f"not well-formed: {one_line(str(found.get('bozo_exception')))[:200]}")
    if not items and (found.get("bozo") or not found.get("version")):
        raise NotAFeedError(url, _what_it_is(xml.text, warnings))
    if len(items) > MAX_ENTRIES:
        warnings.append(f"only the first {MAX_ENTRIES} of {len(items)} entries are read")
    entries = tuple(readable(items[:MAX_ENTRIES], _entry, warnings))
    return _feed(found, entries, tuple(warnings))


def _run_feedparser(xml: str, url: str) -> Mapping[str, Any]:
    # feedparser raises anything on hostile input, mostly from elements that hold no text.
    try:
        return _feedparser(xml, url)
    except MemoryError:
        raise  # the worker's limit, not the parser's fault
    except Exception:  # noqa: BLE001 - see above; what remains is tried once more
        plainer = _ORNAMENTS.sub("", xml)
    try:
        return _feedparser(plainer, url)
    except MemoryError:
        raise
    except Exception as error:
        raise NotAFeedError(url, one_line(f"cannot be parsed: {error!r}")[:300]) from error


def _feedparser(xml: str, url: str) -> Mapping[str, Any]:
    data = ('<?xml version="1.0" encoding="utf-8"?>\n' + xml).encode()
    # A stream, because feedparser takes bytes for a file name first. Its sanitizer is off: only
    # plain text leaves this module.
    found: Mapping[str, Any] = feedparser.parse(
        io.BytesIO(data),
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            "content-location": url,
        },
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    return found


def _what_it_is(text: str, warnings: list[str]) -> str:
    if _HTML.search(text[:2000]):
        return "this is an HTML page; `samestory feeds discover` finds the feeds that it names"
    beginning = one_line(text[:60])
    reason = warnings[-1] if warnings else "no feed element"
    return f"neither RSS, Atom nor JSON Feed ({reason}); it begins with {beginning!r}"


def _feed(
    found: Mapping[str, Any], entries: tuple[Entry, ...], warnings: tuple[str, ...]
) -> ParsedFeed:
    feed = found["feed"]
    return ParsedFeed(
        title=_text(feed, "title"),
        link=_plain(feed, "link"),
        language=_plain(feed, "language"),
        format=str(found.get("version") or "unknown"),
        pace=_pace(feed),
        entries=entries,
        warnings=warnings,
    )


def _entry(item: Any) -> Entry:
    content = _content(item)
    published_raw = _plain(item, "published") or _plain(item, "created") or _plain(item, "updated")
    return Entry(
        guid=_plain(item, "id"),
        link=_link(item),
        title=_text(item, "title").replace("\n", " "),
        summary=_text(item, "summary"),
        content=content,
        author=one_line(html_to_text(_plain(item, "author"))),
        published_raw=published_raw,
        published=parse_date(published_raw),
        updated=parse_date(_plain(item, "updated")),
        language=_plain(item, "language") or _language_of(item),
        categories=tuple(filter(None, map(_category, _value(item, "tags", list)))),
    )


def _content(item: Any) -> str:
    """The longest of the contents; a feed may carry it as text and as HTML."""
    texts = (_read(part) for part in _value(item, "content", list))
    return max(texts, key=len, default="")


def _link(item: Any) -> str:
    # Feedburner puts its own address into `link` and the outlet's beside it.
    if link := _plain(item, "feedburner_origlink") or _plain(item, "link"):
        return link
    links = [part for part in _value(item, "links", list) if isinstance(part, dict)]
    alternates = (part for part in links if dict.get(part, "rel", "alternate") == "alternate")
    return next((link for part in alternates if (link := _plain(part, "href"))), "")


def _category(tag: Any) -> str:
    return one_line(plain_to_text(_plain(tag, "label") or _plain(tag, "term")))


def _language_of(item: Any) -> str:
    details = (_value(item, name, dict) for name in ("title_detail", "summary_detail"))
    return next((language for part in details if (language := _plain(part, "language"))), "")


def _text(item: Any, name: str) -> str:
    value, detail = _plain(item, name), _value(item, f"{name}_detail", dict)
    # The detail may be another element's: feedparser lets a picture's description overwrite that
    # of an entry's summary, though not the summary itself.
    return _read(detail) if _plain(detail, "value") == value else plain_to_text(value)


def _read(detail: Any) -> str:
    reader: Callable[[str], str] = html_to_text
    if _plain(detail, "type") == "text/plain":
        reader = plain_to_text
    return reader(_plain(detail, "value"))


def _plain(item: Any, name: str) -> str:
    return str(_value(item, name, str)).strip()


def _value(item: Any, name: str, kind: type[Any]) -> Any:
    """What the item holds under this very name, or nothing of that kind.

    feedparser's dictionaries answer for other names on their own ("published" for "updated"),
    which would hide that a date is missing.
    """
    found = dict.get(item, name) if isinstance(item, dict) else None
    return found if isinstance(found, kind) else kind()


def _pace(feed: Any) -> timedelta | None:
    minutes = _plain(feed, "ttl")
    if minutes.isascii() and minutes.isdigit():
        return timedelta(minutes=min(int(minutes[:6]), 525_600)) or None
    period = _PERIODS.get(_plain(feed, "sy_updateperiod").lower())
    frequency = _plain(feed, "sy_updatefrequency")
    times = int(frequency[:4]) if frequency.isascii() and frequency.isdigit() else 1
    return period / max(times, 1) if period else None
