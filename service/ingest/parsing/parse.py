"""Feed parser: RSS, RDF and Atom with feedparser; JSON Feed in `json_feed`."""

import calendar
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from service.domain.articles.entries import Entry, ParsedFeed
from service.domain.text.dates import parse_date
from service.domain.text.markup import html_to_text, one_line, plain_to_text
from service.domain.urls.canonical import is_web_url
from service.errors import NotAFeedError
from service.errors.redaction import redact_url
from service.ingest.parsing import json_feed, plugins
from service.ingest.parsing.charset import decode
from service.ingest.parsing.clean import clean_feed
from service.ingest.parsing.links import (
    choose_link,
    clean_link,
    read_other_links,
    read_publisher,
    resolve_link,
)
from service.ingest.parsing.recover import read_xml
from service.ingest.parsing.repair import repair
from service.ingest.parsing.salvage import newest_items, read_entries

#: Only the newest entries are read; longer feeds are archives or attacks.
MAX_ENTRIES = 5000

_HTML = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}


def parse_feed(
    body: bytes, *, url: str, content_type: str = "", charset: str = "", language: str = ""
) -> ParsedFeed:
    """Parse a feed of any common format, repairing frequent errors.

    Relative links are resolved against the document's base, else its site link, else `url`.
    External entities are never fetched. An invalid entry is skipped with a warning. `charset` is a
    codec that replaces all declared ones; `language` replaces a missing language of the document
    when charset and links are chosen.

    Raises:
        NotAFeedError: the body is empty, an HTML page, or not a feed.
    """
    parsed, failures = plugins.parse(body, url=url, content_type=content_type)
    if parsed is None:
        parsed = _parse_usual(body, url, content_type, charset=charset, language=language)
    return replace(parsed, warnings=(*failures, *parsed.warnings)) if failures else parsed


def _parse_usual(
    body: bytes, url: str, content_type: str, *, charset: str, language: str
) -> ParsedFeed:
    shown = redact_url(url)
    text, used_charset = decode(body, content_type, charset=charset, language=language)
    document = text.lstrip("\ufeff \t\r\n\x00")
    if not document:
        raise NotAFeedError(shown, "The response is empty: expected RSS, Atom or JSON Feed")
    if document[0] in "{[":
        return clean_feed(json_feed.parse(document, url=shown, max_entries=MAX_ENTRIES))
    return clean_feed(
        _parse_xml(document, url=shown, charset=used_charset, usual_language=language)
    )


def _parse_xml(document: str, *, url: str, charset: str, usual_language: str) -> ParsedFeed:
    xml = repair(document)
    result = read_xml(xml.text, url)
    items, warnings = list(result["entries"]), list(xml.warnings)
    if "\ufffd" in document:
        warnings.append(f"Some bytes are invalid in {charset}")
    if result.get("bozo"):
        warnings.append(f"Not well-formed: {one_line(str(result.get('bozo_exception')))[:200]}")
    if not items and (result.get("bozo") or not result.get("version")):
        raise NotAFeedError(url, _describe_failure(xml.text, warnings))
    feed = result["feed"]
    language = _string(feed, "language")
    link = resolve_link(_feed_link(feed, language or usual_language), site="", feed=url)
    read = partial(_entry, language=language or usual_language, site=link, feed=url)
    newest = newest_items(items, _item_date, MAX_ENTRIES, warnings)
    return ParsedFeed(
        title=_text(feed, "title"),
        link=link,
        language=language,
        format=str(result.get("version") or "unknown"),
        ttl=_ttl(feed),
        entries=tuple(read_entries(newest, read, warnings)),
        warnings=tuple(warnings),
    )


def _describe_failure(text: str, warnings: list[str]) -> str:
    if _HTML.search(text[:2000]):
        return "This is an HTML page. Run `samestory feeds discover URL` to find its feeds"
    beginning = one_line(text[:60])
    reason = warnings[-1] if warnings else "no feed element"
    return f"Not RSS, Atom or JSON Feed ({reason}); the document starts with {beginning!r}"


def _entry(item: Any, *, language: str, site: str, feed: str) -> Entry:
    categories = (
        one_line(plain_to_text(_string(tag, "label") or _string(tag, "term")))
        for tag in _get_value(item, "tags", list)
    )
    own_language = _string(item, "language") or _language(item)
    published_raw = (
        _string(item, "published") or _string(item, "created") or _string(item, "updated")
    )
    link = resolve_link(_link(item, own_language or language), site=site, feed=feed)
    date = parse_date(published_raw, language=own_language or language)
    updated = parse_date(_string(item, "updated"), language=own_language or language)
    return Entry(
        guid=_string(item, "id"),
        link=link,
        title=_text(item, "title").replace("\n", " "),
        summary=_text(item, "summary"),
        content=_content(item),
        author=one_line(html_to_text(_string(item, "author"))),
        published_raw=published_raw,
        published=date.at if date else None,
        updated=updated.at if updated else None,
        language=own_language,
        categories=tuple(filter(None, categories)),
        publisher=read_publisher(item),
        other_links=read_other_links(item, link, site=site, feed=feed),
        date_precision=date.precision if date else "minute",
    )


def _content(item: Any) -> str:
    """Return the longest content; a feed may contain it as text and as HTML."""
    texts = (_to_text(part) for part in _get_value(item, "content", list))
    return max(texts, key=len, default="")


def _link(item: Any, language: str) -> str:
    # Feedburner has its own URL in `link`, and the outlet's in another element.
    if link := _string(item, "feedburner_origlink"):
        return clean_link(link)
    if link := choose_link(_get_value(item, "links", list), language):
        return clean_link(link)
    # feedparser stores a GUID here if it may be a link; a number or a tag is not one.
    guid = clean_link(_string(item, "link"))
    return guid if guid.startswith("/") or is_web_url(guid) else ""


def _feed_link(feed: Any, language: str) -> str:
    link = choose_link(_get_value(feed, "links", list), language) or _string(feed, "link")
    return clean_link(link)


def _item_date(item: Any) -> datetime | None:
    """Return the date of an item as feedparser reads it, which is fast enough for all items."""
    parsed = dict.get(item, "published_parsed") or dict.get(item, "updated_parsed")
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None


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
