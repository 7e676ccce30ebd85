"""Lenient parser for JSON Feed 1 and 1.1."""

import json
import re
from datetime import datetime
from functools import partial
from typing import Any

from service.domain.articles.entries import Entry, ParsedFeed
from service.domain.text.dates import parse_date
from service.domain.text.markup import html_to_text, one_line, plain_to_text
from service.errors import NotAFeedError
from service.ingest.parsing.links import clean_link, resolve_link
from service.ingest.parsing.salvage import newest_items, read_entries

_JSON_FEED_MEMBERS = ("home_page_url", "feed_url")
#: A string, which stays as it is, or a comma before the end of a list or an object.
_STRING_OR_LAST_COMMA = re.compile(r'("(?:[^"\\]|\\.)*+")|,(?=\s*+[\]}])', re.DOTALL)


def parse(document: str, *, url: str, max_entries: int) -> ParsedFeed:
    """Parse a JSON Feed.

    Raises:
        NotAFeedError: the document is malformed or not a JSON Feed.
    """
    feed = _load_object(document, url)
    items = feed.get("items")
    if isinstance(items, dict):
        items = list(items.values())  # PHP encodes a list with a gap in its numbers as an object
    if not _is_json_feed(feed) or not isinstance(items, list):
        raise NotAFeedError(url, "JSON, but not a JSON Feed: `version` or `items` is missing")
    warnings: list[str] = []
    site = resolve_link(_string(feed, "home_page_url"), site="", feed=url)
    newest = newest_items(items, _item_date, max_entries, warnings)
    read = partial(_entry, feed=feed, site=site, url=url)
    entries = tuple(read_entries(newest, read, warnings))
    return ParsedFeed(
        title=one_line(plain_to_text(_string(feed, "title"))),
        link=site,
        language=_string(feed, "language"),
        format="json1",
        ttl=None,
        entries=entries,
        warnings=tuple(warnings),
    )


def _load_object(document: str, url: str) -> dict[str, Any]:
    try:
        feed = _load(document)
    except RecursionError as error:
        raise NotAFeedError(url, "JSON is nested too deeply") from error
    except ValueError as error:
        raise NotAFeedError(url, f"Malformed JSON: {error}") from error
    if not isinstance(feed, dict):
        raise NotAFeedError(url, "JSON, but not a JSON Feed: not an object")
    return feed


def _load(document: str) -> object:
    try:
        return json.loads(document, strict=False)
    except ValueError:
        # Many programs write a comma after the last member, which JSON forbids.
        repaired = _STRING_OR_LAST_COMMA.sub(lambda match: match[1] or "", document)
        return json.loads(repaired, strict=False)


def _is_json_feed(feed: dict[str, Any]) -> bool:
    # Some feeds have only a number as version; two members exist in no other format.
    version = _string(feed, "version")
    return "jsonfeed.org/version/" in version or not feed.keys().isdisjoint(_JSON_FEED_MEMBERS)


def _entry(item: Any, *, feed: dict[str, Any], site: str, url: str) -> Entry:
    if not isinstance(item, dict):
        raise TypeError("not an object")
    content = html_to_text(_string(item, "content_html")) or plain_to_text(
        _string(item, "content_text")
    )
    link = _string(item, "url") or _string(item, "external_url")
    language = _string(item, "language") or _string(feed, "language")
    published_raw = _string(item, "date_published") or _string(item, "date_modified")
    date = parse_date(published_raw, language=language)
    updated = parse_date(_string(item, "date_modified"), language=language)
    return Entry(
        guid=_string(item, "id"),
        link=resolve_link(clean_link(link), site=site, feed=url),
        title=one_line(plain_to_text(_string(item, "title"))),
        summary=plain_to_text(_string(item, "summary")),
        content=content,
        author=_author(item) or _author(feed),
        published_raw=published_raw,
        published=date.at if date else None,
        updated=updated.at if updated else None,
        language=language,
        categories=tuple(one_line(tag) for tag in _members(item, "tags") if isinstance(tag, str)),
        date_precision=date.precision if date else "minute",
    )


def _author(item: dict[str, Any]) -> str:
    # Version 1 has one `author`, version 1.1 a list.
    people = [*_members(item, "authors"), *_members(item, "author")]
    names = (
        _string(person, "name") if isinstance(person, dict) else person
        for person in people
        if isinstance(person, dict | str)
    )
    return ", ".join(dict.fromkeys(name for each in names if (name := one_line(each))))


def _item_date(item: Any) -> datetime | None:
    if not isinstance(item, dict):
        return None
    date = parse_date(_string(item, "date_published") or _string(item, "date_modified"))
    return date.at if date else None


def _members(item: dict[str, Any], name: str) -> list[Any]:
    """Return the members of a list; another value counts as a list of one."""
    value = item.get(name)
    return value if isinstance(value, list) else [value]


def _string(item: dict[str, Any], name: str) -> str:
    """Return a string or number as text."""
    value = item.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()
