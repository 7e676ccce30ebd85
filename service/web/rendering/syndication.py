"""Atom 1.0, RSS 2.0 and JSON Feed 1.1, written from the same entries."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from urllib.parse import quote
from xml.etree import ElementTree as ET

ATOM = "http://www.w3.org/2005/Atom"
#: What XML 1.0 cannot hold, not even escaped.
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


#: What stands in addresses as it is; all else is escaped. Escapes that are there stay.
_OF_ADDRESSES = "!#$%&'()*+,-./:;=?@_~"
_ID = "urn:samestory"


class Format(StrEnum):
    """Of a feed, as in its address."""

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
    """A story or a report in a feed; its key stays when its address changes."""

    key: str
    url: str
    title: str
    text: str
    author: str
    published: datetime
    updated: datetime
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """A feed: where it stands itself, and which page it speaks of."""

    key: str
    title: str
    url: str
    page: str
    entries: Sequence[FeedEntry]
    since: datetime  #: its date while it has no entries

    @property
    def updated(self) -> datetime:
        """When an entry changed last."""
        return max((entry.updated for entry in self.entries), default=self.since)


def write(channel: Channel, form: Format) -> bytes:
    """The feed as it goes over the wire, in UTF-8."""
    writers = {Format.ATOM: _atom, Format.RSS: _rss, Format.JSON: _json}
    return writers[form](channel)


def key_of(*parts: str) -> str:
    """What a feed or an entry is known by: a URI of some parts, whatever stands in them."""
    return quote(":".join((_ID, *parts)), safe=_OF_ADDRESSES, errors="replace")


def _atom(channel: Channel) -> bytes:
    feed = ET.Element("feed", xmlns=ATOM)
    _put(feed, "id", channel.key)
    _put(feed, "title", channel.title)
    _put(feed, "updated", _iso(channel.updated))
    _put(feed, "link", rel="self", type=MEDIA_TYPES[Format.ATOM], href=_address(channel.url))
    _put(feed, "link", rel="alternate", type="text/html", href=_address(channel.page))
    for each in channel.entries:
        entry = _put(feed, "entry")
        _put(entry, "id", each.key)
        _put(entry, "title", each.title)
        _put(entry, "link", rel="alternate", href=_address(each.url))
        _put(entry, "published", _iso(each.published))
        _put(entry, "updated", _iso(each.updated))
        _put(_put(entry, "author"), "name", each.author)
        for tag in each.tags:
            _put(entry, "category", term=tag)
        _put(entry, "summary", each.text)
    return _bytes(feed)


def _rss(channel: Channel) -> bytes:
    rss = ET.Element("rss", {"version": "2.0", "xmlns:atom": ATOM})
    told = _put(rss, "channel")
    _put(told, "title", channel.title)
    _put(told, "link", _address(channel.page))
    _put(told, "description", channel.title)
    _put(told, "lastBuildDate", _rfc822(channel.updated))
    _put(told, "atom:link", rel="self", type=MEDIA_TYPES[Format.RSS], href=_address(channel.url))
    for each in channel.entries:
        item = _put(told, "item")
        _put(item, "title", each.title)
        _put(item, "link", _address(each.url))
        _put(item, "guid", each.key, isPermaLink="false")
        _put(item, "pubDate", _rfc822(each.published))
        for tag in each.tags:
            _put(item, "category", tag)
        _put(item, "description", each.text)
    return _bytes(rss)


def _json(channel: Channel) -> bytes:
    items = [
        {
            "id": each.key,
            "url": _address(each.url),
            "title": each.title,
            "content_text": each.text,
            "date_published": _iso(each.published),
            "date_modified": _iso(each.updated),
            "authors": [{"name": each.author}],
            "tags": list(each.tags),
        }
        for each in channel.entries
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": _address(channel.page),
        "feed_url": _address(channel.url),
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False).encode("utf-8", "replace")


def _put(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    fit = {key: _UNFIT.sub("", value) for key, value in attributes.items()}
    element = ET.SubElement(parent, name, fit)
    element.text = _UNFIT.sub("", text) or None
    return element


def _bytes(root: ET.Element) -> bytes:
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _address(url: str) -> str:
    """An address as feeds may hold it: outlets publish some with spaces or letters of any script."""
    host, slashes, rest = url.partition("://")
    if not slashes:
        return quote(url, safe=_OF_ADDRESSES, errors="replace")
    name, slash, path = rest.partition("/")
    return f"{host}://{name}{slash}{quote(path, safe=_OF_ADDRESSES, errors='replace')}"


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _rfc822(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)
