"""Reading of XML feeds with feedparser, and recovery of malformed ones with libxml2."""

import io
import re
from collections.abc import Mapping
from typing import Any

import feedparser
from lxml import etree

from service.domain.text.markup import one_line
from service.errors import NotAFeedError
from service.ingest.parsing.plain_rss import read_plain_rss

_OPTIONAL_ELEMENTS = re.compile(
    r"</?(?:width|height|image|textinput|(?!(?:dc|content|atom|rdf|xhtml):)[\w.-]+:[\w.-]+)\b[^<>]*>",
    re.IGNORECASE,
)
#: Namespaces that feeds use without declaring them.
_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
}
_XML_ENTITIES = {"lt": "&#60;", "gt": "&#62;", "amp": "&#38;", "quot": "&#34;", "apos": "&#39;"}
_NAMED = re.compile(r"&(lt|gt|amp|quot|apos);")
_ROOT = re.compile(r"<(?:\w{1,20}:)?(rss|feed|RDF)\b")
_PREFIX = re.compile(
    r"<([A-Za-z_][\w.-]{0,40}):\w|\s([A-Za-z_][\w.-]{0,40}):[\w.-]{1,40}\s?=\s?[\"']"
)
_DECLARED_PREFIX = re.compile(r"\sxmlns:([\w.-]{1,40})\s{0,9}=")
#: HTML elements without an end tag that are not elements of feeds.
_VOID_ELEMENT = re.compile(r"<(br|hr|img|input|wbr)\b([^<>]*?)/?>", re.IGNORECASE)
#: Elements that contain only text. If another element starts in one, its end tag is missing.
_UNCLOSED_TEXT = re.compile(
    r"<(title|link|guid|pubDate|author|category)(?:\s[^<>]*)?(?<!/)>[^<]+"
    r"(?=<(?:title|link|guid|pubDate|author|category|description|enclosure|/?item|/?entry)\b)"
)
_START_TAG = re.compile(r"<[A-Za-z][^<>]*>")
_VALUE = re.compile(r"\"[^\"]*\"|'[^']*'|=\s{0,4}([^\s\"'<>=]+?)(?=\s|/?>)")


def read_xml(xml: str, url: str) -> Mapping[str, Any]:
    """Read repaired XML with feedparser.

    feedparser reads malformed XML with a loose parser. The result of this parser is compared with
    the result for the recovered document. The result with more complete entries is returned, with
    the error of the original document in `bozo_exception`.

    Usual documents of RSS 2.0 are read without feedparser, with the same result.

    Raises:
        NotAFeedError: feedparser fails.
    """
    if plain := read_plain_rss(xml):
        return plain
    loose = _run_feedparser(xml, url)
    if not loose.get("bozo"):
        return loose
    recovered = recover(xml)
    if not recovered:
        return loose
    error = {name: loose.get(name) for name in ("bozo", "bozo_exception")}
    strict = _run_feedparser(recovered, url)
    return max({**strict, **error}, loose, key=_completeness)


def _completeness(result: Mapping[str, Any]) -> tuple[int, int, int]:
    """Return the number of entries with title and link, of all entries, and their characters."""
    entries = result["entries"]
    complete = sum(bool(entry.get("title") and entry.get("link")) for entry in entries)
    return complete, len(entries), sum(len(str(entry.get("summary", ""))) for entry in entries)


def _run_feedparser(xml: str, url: str) -> Mapping[str, Any]:
    # feedparser raises arbitrary exceptions on malformed input, mostly from elements without text.
    try:
        return _feedparser(xml)
    except MemoryError:
        raise  # the memory limit of the worker
    except Exception:  # noqa: BLE001 - see above; retried without these elements
        simplified = _OPTIONAL_ELEMENTS.sub("", xml)
    try:
        return _feedparser(simplified)
    except MemoryError:
        raise
    except Exception as error:
        raise NotAFeedError(url, one_line(f"Cannot be parsed: {error!r}")[:300]) from error


def _feedparser(xml: str) -> Mapping[str, Any]:
    data = ('<?xml version="1.0" encoding="utf-8"?>' + xml).encode()  # lines keep their numbers
    # A stream, because feedparser first tries bytes as a file name. The sanitizer is off, because
    # this module returns plain text only.
    result: Mapping[str, Any] = feedparser.parse(
        io.BytesIO(data),
        # Without a URL of the document, relative links stay relative to `xml:base`.
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    return result


def recover(xml: str) -> str:
    """Return a well-formed version of a feed's XML, or "" if it has no root element of a feed.

    Omits text around the root element, closes elements that often lack an end tag, quotes
    attributes and declares namespaces. Then libxml2 closes or omits elements. Resolves no entities.
    """
    root = _ROOT.search(xml)
    if root is None:
        return ""
    declarations = "".join(
        f' xmlns:{prefix}="{_NAMESPACES.get(prefix, "urn:undeclared:" + prefix)}"'
        for prefix in sorted(_undeclared_prefixes(xml))
    )
    end = xml.rfind(">", 0, xml.rfind(f"{root[1]}>") + len(root[1]) + 1) + 1
    content = xml[root.end() : end if end > root.end() else len(xml)]
    content = _START_TAG.sub(lambda tag: _VALUE.sub(_quote, tag[0]), content)
    content = _UNCLOSED_TEXT.sub(r"\g<0></\1>", _VOID_ELEMENT.sub(r"<\1\2/>", content))
    # After an error libxml2 omits named references, but not numbered ones.
    content = _NAMED.sub(lambda reference: _XML_ENTITIES[reference[1]], content)
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    tree = etree.fromstring(f"{root[0]}{declarations}{content}".encode(), parser)
    return "" if tree is None else str(etree.tostring(tree, encoding="unicode"))


def _quote(value: re.Match[str]) -> str:
    return f'="{value[1]}"' if value[1] else value[0]


def _undeclared_prefixes(xml: str) -> set[str]:
    used = {prefix for pair in _PREFIX.findall(xml) for prefix in pair if prefix}
    return used - set(_DECLARED_PREFIX.findall(xml)) - {"xml", "xmlns"}
