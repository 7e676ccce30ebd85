"""Feeds of stories and articles: Atom 1.0, RSS 2.0 and JSON Feed 1.1.

All texts are plain, and Atom and JSON Feed declare them as such. RSS titles are plain too, but its
descriptions are HTML: they are escaped as HTML, and then as XML.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from urllib.parse import quote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

ATOM = "http://www.w3.org/2005/Atom"
#: Characters that are invalid in XML 1.0, even escaped.
_INVALID_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Characters of a URL that are not escaped; `%` keeps existing escapes.
_URL_CHARACTERS = "!#$%&'()*+,-./:;=?@_~"
_URN_PREFIX = "urn:samestory"


class Format(StrEnum):
    """Format of an outgoing feed."""

    ATOM = "atom"
    RSS = "rss"
    JSON = "json"


MEDIA_TYPES = {
    Format.ATOM: "application/atom+xml",
    Format.RSS: "application/rss+xml",
    Format.JSON: "application/feed+json",
}


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A story or article in a feed. `key` stays the same when the URL changes."""

    key: str
    url: str
    title: str
    text: str
    author: str
    published: datetime | None
    updated: datetime
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """A feed with its own URL and the page that it belongs to."""

    key: str
    title: str
    url: str
    page: str
    entries: Sequence[FeedEntry]
    since: datetime  #: date of the feed while it has no entries

    @property
    def updated(self) -> datetime:
        """Time of the last change of an entry."""
        return max((entry.updated for entry in self.entries), default=self.since)


def render_feed(channel: Channel, form: Format) -> bytes:
    """Serialise a feed in UTF-8."""
    writers = {Format.ATOM: _write_atom, Format.RSS: _write_rss, Format.JSON: _write_json}
    return writers[form](channel)


def feed_urn(*parts: str) -> str:
    """Permanent id of a feed or entry: a URN of arbitrary text parts."""
    return quote(":".join((_URN_PREFIX, *parts)), safe=_URL_CHARACTERS, errors="replace")


def _write_atom(channel: Channel) -> bytes:
    feed = ET.Element("feed", xmlns=ATOM)
    _add_element(feed, "id", channel.key)
    _add_element(feed, "title", channel.title)
    _add_element(feed, "updated", _iso(channel.updated))
    _add_element(
        feed, "link", rel="self", type=MEDIA_TYPES[Format.ATOM], href=_escape_url(channel.url)
    )
    _add_element(feed, "link", rel="alternate", type="text/html", href=_escape_url(channel.page))
    for each in channel.entries:
        entry = _add_element(feed, "entry")
        _add_element(entry, "id", each.key)
        _add_element(entry, "title", each.title)
        _add_element(entry, "link", rel="alternate", href=_escape_url(each.url))
        if each.published:
            _add_element(entry, "published", _iso(each.published))
        _add_element(entry, "updated", _iso(each.updated))
        _add_element(_add_element(entry, "author"), "name", each.author)
        for tag in each.tags:
            _add_element(entry, "category", term=tag)
        _add_element(entry, "summary", each.text)
    return _serialize(feed)


def _write_rss(channel: Channel) -> bytes:
    rss = ET.Element("rss", {"version": "2.0", "xmlns:atom": ATOM})
    items = _add_element(rss, "channel")
    _add_element(items, "title", channel.title)
    _add_element(items, "link", _escape_url(channel.page))
    _add_element(items, "description", escape(channel.title))
    _add_element(items, "lastBuildDate", _rfc822(channel.updated))
    _add_element(
        items, "atom:link", rel="self", type=MEDIA_TYPES[Format.RSS], href=_escape_url(channel.url)
    )
    for each in channel.entries:
        item = _add_element(items, "item")
        _add_element(item, "title", each.title)
        _add_element(item, "link", _escape_url(each.url))
        _add_element(item, "guid", each.key, isPermaLink="false")
        if each.published:
            _add_element(item, "pubDate", _rfc822(each.published))
        for tag in each.tags:
            _add_element(item, "category", tag)
        _add_element(item, "description", escape(each.text))
    return _serialize(rss)


def _write_json(channel: Channel) -> bytes:
    items = [
        {
            "id": each.key,
            "url": _escape_url(each.url),
            "title": each.title,
            "content_text": each.text,
            **({"date_published": _iso(each.published)} if each.published else {}),
            "date_modified": _iso(each.updated),
            "authors": [{"name": each.author}],
            "tags": list(each.tags),
        }
        for each in channel.entries
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": _escape_url(channel.page),
        "feed_url": _escape_url(channel.url),
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False).encode("utf-8", "replace")


def _add_element(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    valid = {key: _INVALID_XML.sub("", value) for key, value in attributes.items()}
    element = ET.SubElement(parent, name, valid)
    element.text = _INVALID_XML.sub("", text) or None
    return element


def _serialize(root: ET.Element) -> bytes:
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _escape_url(url: str) -> str:
    """Escape a URL: outlets publish some with spaces or non-ASCII letters."""
    host, slashes, rest = url.partition("://")
    if not slashes:
        return quote(url, safe=_URL_CHARACTERS, errors="replace")
    name, slash, path = rest.partition("/")
    return f"{host}://{name}{slash}{quote(path, safe=_URL_CHARACTERS, errors='replace')}"


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _rfc822(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)
