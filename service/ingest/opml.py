"""OPML feed lists: reading and writing."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from service.domain.text.cleaning import fits_index
from service.domain.text.markup import one_line
from service.domain.text.urls import is_web_url
from service.errors import BadInputError
from service.ingest.parsing.charset import decode

#: Deeper folders are flattened.
MAX_FOLDERS = 20

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_DOCUMENT_TYPE = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
# Some feed readers export `feed://host/path` and `feed:https://host/path`.
_FEED_SCHEME = re.compile(r"^feed:(?://|(?=https?:))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OpmlFeed:
    """One feed of a list; `folders` from the outermost to the innermost."""

    url: str
    title: str = ""
    site: str = ""
    language: str = ""
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpmlList:
    """The contents of an OPML file; warnings list skipped outlines."""

    title: str
    feeds: tuple[OpmlFeed, ...]
    warnings: tuple[str, ...]


def read_opml(data: bytes, *, name: str, base_url: str = "") -> OpmlList:
    """Read an OPML file; return each feed URL once.

    `name` is the file name for messages. Relative feed URLs are resolved against `base_url`.

    Raises:
        BadInputError: the file is malformed, not OPML, or has a DOCTYPE (entity expansion attacks).
    """
    root = _parse_xml(data, name)
    feeds: dict[str, OpmlFeed] = {}
    warnings: list[str] = []
    for outline, folders in _iterate_outlines(root):
        address = _FEED_SCHEME.sub(
            lambda match: "http://" if match[0].endswith("//") else "", outline.get("xmlurl", "")
        )
        url = urljoin(base_url, address) if address else ""
        if is_web_url(url) and fits_index(url):
            feeds.setdefault(url, _to_feed(url, outline, folders))
        elif url:
            fault = "is too long" if is_web_url(url) else "is not an http(s) URL"
            warnings.append(f"{name}: {url[:200]!r} {fault}; skipped")
    title = one_line(root.findtext("./head/title") or "")
    return OpmlList(title, tuple(feeds.values()), tuple(warnings))


def write_opml(feeds: Iterable[OpmlFeed], *, title: str) -> bytes:
    """Write a list of feeds as OPML 2.0, grouped by folder, in the given order."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = _clean(title)
    folders: dict[tuple[str, ...], ET.Element] = {(): ET.SubElement(root, "body")}
    for feed in feeds:
        ET.SubElement(_ensure_folder(folders, feed.folders), "outline", _attributes(feed))
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _parse_xml(data: bytes, name: str) -> ET.Element:
    text = _DECLARATION.sub("", decode(data)[0].lstrip("\ufeff"))
    if _DOCUMENT_TYPE.search(text):
        raise BadInputError(f"{name}: has a DOCTYPE declaration; remove it to import the list")
    try:
        root = ET.fromstring(text)  # noqa: S314 - no DOCTYPE, so no entities
    except ET.ParseError as error:
        raise BadInputError(f"{name}: malformed XML: {error}") from error
    if root.tag.lower() != "opml" or root.find("body") is None:
        raise BadInputError(
            f"{name}: not OPML: expected <opml> with a <body>, got <{root.tag[:40]}>"
        )
    return root


def _iterate_outlines(root: ET.Element) -> Iterator[tuple[dict[str, str], tuple[str, ...]]]:
    """Yield attributes and folders of every outline in document order, at any depth."""
    body = root.find("body")
    waiting: list[tuple[ET.Element, tuple[str, ...]]] = [(body, ())] if body is not None else []
    while waiting:
        element, folders = waiting.pop()
        inside = folders
        if element.tag == "outline":
            attributes = {key.lower(): value for key, value in element.attrib.items()}
            yield attributes, folders
            inside = (*folders, _name(attributes))[:MAX_FOLDERS]
        waiting.extend((child, inside) for child in reversed(element))


def _to_feed(url: str, outline: dict[str, str], folders: tuple[str, ...]) -> OpmlFeed:
    return OpmlFeed(
        url=url,
        title=_name(outline),
        site=outline.get("htmlurl", "").strip(),
        language=outline.get("language", "").strip(),
        folders=tuple(folder for folder in folders if folder),
    )


def _name(outline: dict[str, str]) -> str:
    return one_line(outline.get("title") or outline.get("text") or "")


def _ensure_folder(
    existing: dict[tuple[str, ...], ET.Element], path: tuple[str, ...]
) -> ET.Element:
    for depth in range(1, len(path) + 1):
        if path[:depth] not in existing:
            name = _clean(path[depth - 1])
            parent = existing[path[: depth - 1]]
            existing[path[:depth]] = ET.SubElement(parent, "outline", text=name, title=name)
    return existing[path]


def _attributes(feed: OpmlFeed) -> dict[str, str]:
    title = feed.title or feed.url
    attributes = {
        "type": "rss",
        "text": title,
        "title": title,
        "xmlUrl": feed.url,
        "htmlUrl": feed.site,
        "language": feed.language,
    }
    return {name: _clean(value) for name, value in attributes.items() if value}


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("", text)
