"""Feed parser: RSS, RDF and Atom with feedparser; JSON Feed in `json_feed`."""

import io
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import feedparser

from service.domain.articles.entries import Entry, ParsedFeed
from service.domain.text.dates import parse_date
from service.domain.text.markup import html_to_text, one_line, plain_to_text
from service.domain.text.urls import strip_credentials
from service.errors import NotAFeedError
from service.ingest.parsing import json_feed
from service.ingest.parsing.charset import decode
from service.ingest.parsing.clean import clean_feed
from service.ingest.parsing.repair import repair
from service.ingest.parsing.salvage import read_entries

#: Further entries are ignored; longer feeds are archives or attacks.
MAX_ENTRIES = 5000

_HTML = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_OPTIONAL_ELEMENTS = re.compile(
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
    """Parse a feed of any common format, repairing frequent errors.

    Relative links are resolved against the document's base and `url`. External entities are never
    fetched. An invalid entry is skipped with a warning.

    Raises:
        NotAFeedError: the body is empty, an HTML page, or not a feed.
    """
    shown = strip_credentials(url)
    text, charset = decode(body, content_type)
    document = text.lstrip("\ufeff \t\r\n\x00")
    if not document:
        raise NotAFeedError(shown, "The response is empty: expected RSS, Atom or JSON Feed")
    if document[0] in "{[":
        return clean_feed(json_feed.parse(document, url=shown, max_entries=MAX_ENTRIES))
    return clean_feed(_parse_xml(document, url=shown, charset=charset))


def _parse_xml(document: str, *, url: str, charset: str) -> ParsedFeed:
    xml = repair(document)
    result = _run_feedparser(xml.text, url)
    items, warnings = list(result["entries"]), list(xml.warnings)
    if "\ufffd" in document:
        warnings.append(f"Some bytes are invalid in {charset}")
    if result.get("bozo"):
        warnings.append(f"Not well-formed: {one_line(str(result.get('bozo_exception')))[:200]}")
    if not items and (result.get("bozo") or not result.get("version")):
        raise NotAFeedError(url, _describe_failure(xml.text, warnings))
    if len(items) > MAX_ENTRIES:
        warnings.append(f"Only the first {MAX_ENTRIES} of {len(items)} entries were read")
    read = partial(_entry, feed_language=_string(result["feed"], "language"))
    entries = tuple(read_entries(items[:MAX_ENTRIES], read, warnings))
    return _feed(result, entries, tuple(warnings))


def _run_feedparser(xml: str, url: str) -> Mapping[str, Any]:
    # feedparser raises arbitrary exceptions on malformed input, mostly from elements without text.
    try:
        return _feedparser(xml, url)
    except MemoryError:
        raise  # the memory limit of the worker
    except Exception:  # noqa: BLE001 - see above; retried without these elements
        simplified = _OPTIONAL_ELEMENTS.sub("", xml)
    try:
        return _feedparser(simplified, url)
    except MemoryError:
        raise
    except Exception as error:
        raise NotAFeedError(url, one_line(f"Cannot be parsed: {error!r}")[:300]) from error


def _feedparser(xml: str, url: str) -> Mapping[str, Any]:
    data = ('<?xml version="1.0" encoding="utf-8"?>\n' + xml).encode()
    # A stream, because feedparser first tries bytes as a file name. The sanitizer is off, because
    # this module returns plain text only.
    result: Mapping[str, Any] = feedparser.parse(
        io.BytesIO(data),
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            "content-location": url,
        },
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    return result


def _describe_failure(text: str, warnings: list[str]) -> str:
    if _HTML.search(text[:2000]):
        return "This is an HTML page. Run `samestory feeds discover` to find its feeds"
    beginning = one_line(text[:60])
    reason = warnings[-1] if warnings else "no feed element"
    return f"Not RSS, Atom or JSON Feed ({reason}); the document starts with {beginning!r}"


def _feed(
    result: Mapping[str, Any], entries: tuple[Entry, ...], warnings: tuple[str, ...]
) -> ParsedFeed:
    feed = result["feed"]
    return ParsedFeed(
        title=_text(feed, "title"),
        link=_string(feed, "link"),
        language=_string(feed, "language"),
        format=str(result.get("version") or "unknown"),
        ttl=_ttl(feed),
        entries=entries,
        warnings=warnings,
    )


def _entry(item: Any, *, feed_language: str) -> Entry:
    categories = (
        one_line(plain_to_text(_string(tag, "label") or _string(tag, "term")))
        for tag in _get_value(item, "tags", list)
    )
    published_raw = (
        _string(item, "published") or _string(item, "created") or _string(item, "updated")
    )
    language = _string(item, "language") or _language(item)
    date = parse_date(published_raw, language=language or feed_language)
    updated = parse_date(_string(item, "updated"), language=language or feed_language)
    return Entry(
        guid=_string(item, "id"),
        link=_link(item),
        title=_text(item, "title").replace("\n", " "),
        summary=_text(item, "summary"),
        content=_content(item),
        author=one_line(html_to_text(_string(item, "author"))),
        published_raw=published_raw,
        published=date.at if date else None,
        updated=updated.at if updated else None,
        language=language,
        categories=tuple(filter(None, categories)),
        date_precision=date.precision if date else "minute",
    )


def _content(item: Any) -> str:
    """Return the longest content; a feed may contain it as text and as HTML."""
    texts = (_to_text(part) for part in _get_value(item, "content", list))
    return max(texts, key=len, default="")


def _link(item: Any) -> str:
    # Feedburner has its own URL in `link`, and the outlet's in another element.
    if link := _string(item, "feedburner_origlink") or _string(item, "link"):
        return link
    links = [part for part in _get_value(item, "links", list) if isinstance(part, dict)]
    alternates = (part for part in links if dict.get(part, "rel", "alternate") == "alternate")
    return next((link for part in alternates if (link := _string(part, "href"))), "")


def _language(item: Any) -> str:
    details = (_get_value(item, name, dict) for name in ("title_detail", "summary_detail"))
    return next((language for part in details if (language := _string(part, "language"))), "")


def _text(item: Any, name: str) -> str:
    value, detail = _string(item, name), _get_value(item, f"{name}_detail", dict)
    # The detail may belong to another element: in feedparser the description of an image overwrites
    # the detail of the summary, but not the summary itself.
    return _to_text(detail) if _string(detail, "value") == value else plain_to_text(value)


def _to_text(detail: Any) -> str:
    convert: Callable[[str], str] = html_to_text
    if _string(detail, "type") == "text/plain":
        convert = plain_to_text
    return convert(_string(detail, "value"))


def _string(item: Any, name: str) -> str:
    return str(_get_value(item, name, str)).strip()


def _get_value(item: Any, name: str, kind: type[Any]) -> Any:
    """Return the value under exactly this name, or an empty value of the type.

    feedparser's own lookup falls back to other names ("published" for "updated"), which would hide
    that a date is missing.
    """
    value = dict.get(item, name) if isinstance(item, dict) else None
    return value if isinstance(value, kind) else kind()


def _ttl(feed: Any) -> timedelta | None:
    minutes = _string(feed, "ttl")
    if minutes.isascii() and minutes.isdigit():
        return timedelta(minutes=min(int(minutes[:6]), 525_600)) or None
    period = _PERIODS.get(_string(feed, "sy_updateperiod").lower())
    frequency = _string(feed, "sy_updatefrequency")
    times = int(frequency[:4]) if frequency.isascii() and frequency.isdigit() else 1
    return period / max(times, 1) if period else None
