"""OPML feed lists: reading and writing."""

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from service.domain.text.cleaning import fits_index
from service.domain.text.markup import one_line
from service.domain.urls.canonical import is_web_url
from service.errors import BadInputError
from service.ingest.opml_outlines import Fault, Tag, read_tags
from service.ingest.parsing.charset import decode
from service.ingest.typed_urls import complete_url
from service.store.catalogue.feeds import FeedStatus

#: Deeper folders are flattened.
MAX_FOLDERS = 20
#: Namespace of the attribute `status`. Other programs ignore it.
NAMESPACE = "urn:samestory:opml"

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,24});")
#: Types of outlines with a URL that is not a feed.
_OTHER_TYPES = frozenset({"link", "include"})
_FEED_TYPES = frozenset({"rss", "atom", "feed", "rdf", "json"})


@dataclass(frozen=True, slots=True)
class OpmlFeed:
    """One feed of a list; `folders` from the outermost to the innermost."""

    url: str
    title: str = ""
    site: str = ""
    language: str = ""
    folders: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()  #: paths such as `/World/Asia`, without commas
    status: FeedStatus = FeedStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class OpmlList:
    """The contents of an OPML file; warnings name the lines of skipped outlines."""

    title: str
    feeds: tuple[OpmlFeed, ...]
    warnings: tuple[str, ...]


def read_opml(data: bytes, *, name: str, base_url: str = "") -> OpmlList:
    """Read an OPML file; return each feed once, with further folders as categories.

    `name` is the file name for messages. Relative feed URLs are resolved against `base_url`. A
    malformed outline, or one with an invalid URL, is skipped with a warning.

    Raises:
        BadInputError: the file is not OPML.
    """
    tags, faults = read_tags(decode(data)[0].lstrip("\ufeff"))
    if not tags:
        reason = faults[0].reason if faults else "no element"
        raise BadInputError(f"{name}: malformed XML: {reason.removeprefix('malformed XML: ')}")
    if tags[0].name != "opml" or not any(tag.name in {"body", "outline"} for tag in tags):
        root = tags[0].name[:40]
        raise BadInputError(f"{name}: not OPML: expected <opml> with a <body>, got <{root}>")
    feeds: dict[str, OpmlFeed] = {}
    for outline, folders in _iterate_outlines(tags):
        attributes = outline.attributes or {}
        try:
            url = _feed_url(attributes, base_url)
        except BadInputError as error:
            faults.append(Fault(outline.line, f"{error}; skipped"))
            continue
        if url:
            feed = _to_feed(url, attributes, folders)
            known = feeds.setdefault(_key(url), feed)
            feeds[_key(url)] = _merge(known, feed)
    ordered = sorted(faults, key=lambda fault: fault.line)
    warnings = [f"{name}, line {each.line}: {each.reason}" for each in ordered]
    return OpmlList(_list_title(tags), tuple(feeds.values()), tuple(warnings))


def write_opml(feeds: Iterable[OpmlFeed], *, title: str) -> bytes:
    """Write a list of feeds as OPML 2.0, grouped by folder, in the given order.

    A paused or retired feed has the attribute `status` in a namespace of its own.
    """
    ET.register_namespace("samestory", NAMESPACE)
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = _clean(title)
    folders: dict[tuple[str, ...], ET.Element] = {(): ET.SubElement(root, "body")}
    for feed in feeds:
        ET.SubElement(_ensure_folder(folders, feed.folders), "outline", _attributes(feed))
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _list_title(tags: list[Tag]) -> str:
    return one_line(next((tag.text for tag in tags if tag.name == "title" and tag.text), ""))


def _iterate_outlines(tags: Iterable[Tag]) -> Iterator[tuple[Tag, tuple[str, ...]]]:
    """Yield every outline in document order, at any depth, with its folders."""
    open_outlines: list[str] = []
    for tag in tags:
        if tag.name != "outline":
            continue
        if tag.attributes is None:
            open_outlines.pop()
        else:
            yield tag, tuple(name for name in open_outlines[:MAX_FOLDERS] if name)
            open_outlines.append(_name(tag.attributes))


def _feed_url(outline: dict[str, str], base_url: str) -> str:
    """Return the URL of the feed; "" for a folder or a note.

    Raises:
        BadInputError: the outline is a feed without a valid URL.
    """
    kind = outline.get("type", "").strip().lower()
    other = "" if kind in _OTHER_TYPES else outline.get("url", "")
    url = outline.get("xmlurl") or outline.get("feedurl") or other
    url = complete_url(url, base_url=base_url)
    if not url and kind in _FEED_TYPES:
        raise BadInputError(f"the feed {_name(outline)[:80]!r} has no xmlUrl")
    if not url and kind == "include":
        raise BadInputError(f"the list {outline.get('url', '')[:200]!r} is not part of this file")
    if url and not is_web_url(url):
        raise BadInputError(f"{url[:200]!r} is not an http(s) URL")
    if not fits_index(url):
        raise BadInputError(f"{url[:80]!r}… is too long")
    return url


def _key(url: str) -> str:
    """Return a key that is equal for URLs that differ only in scheme or a final slash."""
    parts = urlsplit(url)
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}?{parts.query}"


def _merge(known: OpmlFeed, again: OpmlFeed) -> OpmlFeed:
    """Add the categories of a further outline of a feed, and its folders as a category."""
    if known is again:
        return known
    path = "/" + "/".join(folder.replace(",", " ") for folder in again.folders)
    added = [path] if again.folders and again.folders != known.folders else []
    categories = dict.fromkeys((*known.categories, *again.categories, *added))
    return replace(known, categories=tuple(categories))


def _to_feed(url: str, outline: dict[str, str], folders: tuple[str, ...]) -> OpmlFeed:
    status = outline.get("status", "").strip().lower()
    categories = (one_line(name) for name in outline.get("category", "").split(","))
    return OpmlFeed(
        url=url,
        title=_name(outline),
        site=complete_url(outline.get("htmlurl", "")),
        language=outline.get("language", "").strip(),
        folders=folders,
        categories=tuple(dict.fromkeys(filter(None, categories))),
        status=FeedStatus(status) if status in set(FeedStatus) else FeedStatus.ACTIVE,
    )


def _name(outline: dict[str, str]) -> str:
    # Some programs escape titles twice.
    text = outline.get("title", "").strip() or outline.get("text", "")
    return one_line(_REFERENCE.sub(lambda reference: html.unescape(reference[0]), text))


def _ensure_folder(
    existing: dict[tuple[str, ...], ET.Element], path: tuple[str, ...]
) -> ET.Element:
    for depth in range(1, len(path) + 1):
        if path[:depth] not in existing:
            name = _clean(_escape_references(path[depth - 1]))
            parent = existing[path[: depth - 1]]
            existing[path[:depth]] = ET.SubElement(parent, "outline", text=name, title=name)
    return existing[path]


def _attributes(feed: OpmlFeed) -> dict[str, str]:
    title = _escape_references(feed.title) or feed.url
    attributes = {
        "type": "rss",
        "text": title,
        "title": title,
        "xmlUrl": feed.url,
        "htmlUrl": feed.site,
        "language": feed.language,
        "category": ",".join(feed.categories),
        f"{{{NAMESPACE}}}status": "" if feed.status is FeedStatus.ACTIVE else feed.status,
    }
    return {name: _clean(value) for name, value in attributes.items() if value}


def _escape_references(name: str) -> str:
    # Import decodes references in names, which other programs escape twice.
    return _REFERENCE.sub(lambda reference: f"&amp;{reference[0][1:]}", name)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("", text)
