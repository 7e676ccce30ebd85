"""Fast reading of usual RSS 2.0 documents, with the same result as feedparser.

feedparser handles every variant of every format and takes most of the time of parsing. This module
reads only documents whose elements and attributes are all listed below. All others are left to
feedparser; see docs/decisions/0033.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias

from lxml import etree

_ATOM = "{http://www.w3.org/2005/Atom}"
#: The prefixes under which feedparser reads these namespaces.
_NAMESPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "media": "http://search.yahoo.com/mrss/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}
_NAMESPACE = re.compile(r"\sxmlns(?::([\w.-]+))?\s*=\s*[\"']([^\"']*)")
#: Namespaces that change the format that feedparser detects.
_OTHER_FORMATS = re.compile(
    r"purl\.org/rss/1\.0/$|my\.netscape\.com|userland\.com/rss", re.IGNORECASE
)
#: Attributes that change the base or the language of an element.
_INHERITED = frozenset({"base", "lang"})
_LINK_ATTRIBUTES = frozenset({"href", "rel", "type", "title", "hreflang", "length"})
_ENCLOSURE_ATTRIBUTES = frozenset({"url", "type", "length"})
_PAGE_TYPES = frozenset({"text/html", "html", "application/xhtml+xml", "xhtml"})
_GUID_ATTRIBUTES = frozenset({"isPermaLink"})
_SOURCE_ATTRIBUTES = frozenset({"url"})
_CATEGORY_ATTRIBUTES = frozenset({"domain"})
_NOTHING: frozenset[str] = frozenset()
#: The newest items of longer documents are chosen by dates, which only feedparser reads.
MAX_ITEMS = 5000
_IMAGE_PARTS = frozenset({"url", "title", "link", "width", "height", "description"})
#: Texts of the channel that are read, by name; all of them have no attributes.
_FEED_TEXTS = {
    "title": "title",
    "language": "language",
    "ttl": "ttl",
    f"{{{_NAMESPACES['sy']}}}updatePeriod": "sy_updateperiod",
    f"{{{_NAMESPACES['sy']}}}updateFrequency": "sy_updatefrequency",
}
#: Elements without influence on the result.
_FEED_IGNORED = frozenset(
    {
        *("category", "cloud", "copyright", "description", "docs", "generator", "lastBuildDate"),
        *("managingEditor", "pubDate", "rating", "webMaster"),
        f"{{{_NAMESPACES['feedburner']}}}info",
        f"{{{_NAMESPACES['sy']}}}updateBase",
        "{com-wordpress:feed-additions:1}site",
    }
)
_ITEM_IGNORED = frozenset(
    {
        "comments",
        f"{{{_NAMESPACES['media']}}}content",
        f"{{{_NAMESPACES['media']}}}credit",
        f"{{{_NAMESPACES['media']}}}thumbnail",
        f"{{{_NAMESPACES['slash']}}}comments",
        f"{{{_NAMESPACES['wfw']}}}commentRss",
        "{com-wordpress:feed-additions:1}post-id",
    }
)
_EXTRA_SLASHES = re.compile(r"^([A-Za-z][A-Za-z0-9+-.]*://)/+")
#: feedparser removes the semicolon of a reference in a link; the same link must result here.
_NAMED_REFERENCE = re.compile("&([A-Za-z0-9_]+);")
_CONTROL = re.compile("[\x80-\x9f]")
#: Texts for which feedparser and this service decide differently whether a title is HTML.
_UNUSUAL_TITLE = re.compile(r"</|&#(?!\d{1,7};|[xX][0-9a-fA-F]{1,6};)\w+;")

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)
Element: TypeAlias = Any  # lxml has no types


class _UnusualError(Exception):
    """The document has a part that only feedparser reads."""


def read_plain_rss(xml: str) -> dict[str, Any] | None:
    """Read repaired XML as far as feeds are used; None if the document is unusual.

    The result has the names of feedparser. Documents of more than `MAX_ITEMS` items are unusual.
    """
    try:
        root = etree.fromstring(xml.encode(), _PARSER)
        _require_usual_namespaces(xml)
        return _read_root(root)
    except (_UnusualError, etree.XMLSyntaxError):
        return None


def _require(condition: object) -> None:
    if not condition:
        raise _UnusualError


def _require_usual_namespaces(xml: str) -> None:
    for prefix, uri in set(_NAMESPACE.findall(xml)):
        _require(_NAMESPACES.get(prefix, uri) == uri and not _OTHER_FORMATS.search(uri))


def _read_root(root: Element) -> dict[str, Any]:
    _require(root.tag == "rss" and list(root.attrib) == ["version"] and len(root) == 1)
    _require(root.get("version", "").startswith("2."))
    channel = root[0]
    _require(channel.tag == "channel" and not channel.attrib)
    feed: dict[str, Any] = {}
    entries = []
    for part in channel:
        if part.tag == "item":
            _require(not part.attrib)
            entries.append(_read_item(part))
        elif part.tag in _FEED_TEXTS:
            name = _FEED_TEXTS[part.tag]
            _require(name not in feed)
            feed[name] = _read_title(part, feed) if name == "title" else _text(part)
        else:
            _read_channel_part(part, feed)
    _require(entries and len(entries) <= MAX_ITEMS)
    return {"version": "rss20", "bozo": False, "feed": feed, "entries": entries}


def _read_channel_part(part: Element, feed: dict[str, Any]) -> None:
    if part.tag == "link":
        link = _link(part)
        feed["link"] = link
        feed.setdefault("links", []).append(_alternate(link))
    elif part.tag == f"{_ATOM}link":
        _read_atom_link(part, feed)
    elif part.tag == "image":
        _require(not part.attrib)
        for each in part:
            _require(each.tag in _IMAGE_PARTS and not each.attrib and not len(each))
    else:
        _require(part.tag in _FEED_IGNORED and not len(part) and _has_no_base(part))


def _read_item(item: Element) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    read: set[object] = set()
    for part in item:
        tag = part.tag
        if reader := _ITEM_TEXTS.get(tag):
            # feedparser treats repeated elements in different ways.
            _require(reader not in read)
            read.add(reader)
            reader(part, entry)
        elif tag == "category":
            _read_category(part, entry)
        elif tag == f"{_ATOM}link":
            _read_atom_link(part, entry)
        elif tag == "enclosure":
            _require(_ENCLOSURE_ATTRIBUTES.issuperset(part.attrib) and not len(part))
            link = {"href": part.get("url"), "type": part.get("type", "").lower()}
            entry.setdefault("links", []).append({**link, "rel": "enclosure"})
        else:
            _require(tag in _ITEM_IGNORED and not len(part) and _has_no_base(part))
    return entry


def _read_title(part: Element, entry: dict[str, Any]) -> str:
    text = _text(part)
    _require(not _UNUSUAL_TITLE.search(text))
    entry["title"] = text
    entry["title_detail"] = {"type": "text/plain", "value": text}
    return text


def _read_link(part: Element, entry: dict[str, Any]) -> None:
    link = _link(part)
    entry["link"] = link
    entry.setdefault("links", []).append(_alternate(link))


def _read_guid(part: Element, entry: dict[str, Any]) -> None:
    is_link = part.get("isPermaLink", "true") == "true"
    value = _text(part, _GUID_ATTRIBUTES)
    entry["id"] = _EXTRA_SLASHES.sub(r"\1", value) if is_link else value
    if is_link:
        entry.setdefault("link", entry["id"])


def _read_description(part: Element, entry: dict[str, Any]) -> None:
    text = _text(part)
    entry["summary"] = text
    entry["summary_detail"] = {"type": "text/html", "value": text}


def _read_content(part: Element, entry: dict[str, Any]) -> None:
    text = _text(part)
    entry["content"] = [{"type": "text/html", "value": text}]
    entry.setdefault("summary", text)


def _read_source(part: Element, entry: dict[str, Any]) -> None:
    title = _text(part, _SOURCE_ATTRIBUTES)
    _require("url" in part.attrib)
    entry["source"] = {"href": part.get("url")} | ({"title": title} if title else {})


def _read_category(part: Element, entry: dict[str, Any]) -> None:
    term, domain = _text(part, _CATEGORY_ATTRIBUTES), part.get("domain")
    tags = entry.setdefault("tags", [])
    if domain:
        _add_tag(tags, None, domain)
    if term and tags and not tags[-1]["term"]:
        tags[-1]["term"] = term
    elif term:
        _add_tag(tags, term, None)


def _add_tag(tags: list[dict[str, Any]], term: str | None, scheme: str | None) -> None:
    tag = {"term": term, "scheme": scheme}
    if tag not in tags:
        tags.append(tag)


def _read_text(name: str) -> Callable[[Element, dict[str, Any]], object]:
    """Build the reader of an element without attributes."""

    def read(part: Element, entry: dict[str, Any]) -> None:
        entry[name] = _text(part)

    return read


_read_author = _read_text("author")
#: Readers of the elements that an item has at most once; authors are one element.
_ITEM_TEXTS: dict[object, Callable[[Element, dict[str, Any]], object]] = {
    "title": _read_title,
    "link": _read_link,
    "guid": _read_guid,
    "description": _read_description,
    f"{{{_NAMESPACES['content']}}}encoded": _read_content,
    "pubDate": _read_text("published"),
    f"{{{_NAMESPACES['dc']}}}date": _read_text("updated"),
    "author": _read_author,
    f"{{{_NAMESPACES['dc']}}}creator": _read_author,
    f"{{{_NAMESPACES['feedburner']}}}origLink": _read_text("feedburner_origlink"),
    "source": _read_source,
}


def _read_atom_link(part: Element, owner: dict[str, Any]) -> None:
    _require(_LINK_ATTRIBUTES.issuperset(part.attrib) and part.get("href") and not len(part))
    link = dict(part.attrib)
    link["rel"] = link.get("rel", "alternate").lower()
    usual = "application/atom+xml" if link["rel"] == "self" else "text/html"
    link["type"] = link.get("type", usual).lower()
    link["href"] = _EXTRA_SLASHES.sub(r"\1", link["href"])
    owner.setdefault("links", []).append(link)
    if link["rel"] == "alternate" and link["type"] in _PAGE_TYPES:
        owner["link"] = link["href"]


def _alternate(link: str) -> dict[str, str]:
    return {"rel": "alternate", "type": "text/html"} | ({"href": link} if link else {})


def _link(part: Element) -> str:
    link = _EXTRA_SLASHES.sub(r"\1", _text(part)).replace("&amp;", "&")
    return _NAMED_REFERENCE.sub(r"&\1", link)


def _text(part: Element, attributes: frozenset[str] = _NOTHING) -> str:
    """Return the text of an element that has no other attributes and no elements inside."""
    _require(not len(part) and attributes.issuperset(part.attrib))
    text = (part.text or "").strip()
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode()  # UTF-8 that was taken for Latin-1
    _require(not _CONTROL.search(text))
    return text


def _has_no_base(part: Element) -> bool:
    return not any(name in _INHERITED or name.startswith("{") for name in part.attrib)
