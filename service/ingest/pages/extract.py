"""Extraction of the article from a page, in a worker process."""

import re
from urllib.parse import urljoin

from lxml import etree, html
from trafilatura import bare_extraction
from trafilatura.settings import Document

from service.domain.pages.reservations import find_in_meta
from service.domain.pages.stubs import identify_stub
from service.domain.urls.canonical import is_web_url
from service.ingest.pages.job import Page
from service.ingest.parsing.charset import decode

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", re.IGNORECASE)
_META_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?([\w.:+-]{1,40})""", re.IGNORECASE
)
_HEAD_BYTES = 4096
_MAX_BLANK = re.compile(r"[ \t\xa0]+")


def extract_page(body: bytes, *, url: str, content_type: str, min_characters: int) -> Page:
    """Extract the article of an HTML page; `url` is its URL after redirects."""
    declared = _META_CHARSET.search(body[:_HEAD_BYTES])
    header = content_type if "charset" in content_type.lower() or not declared else ""
    source, _ = decode(body, header or f"charset={declared[1].decode() if declared else ''}")
    tree = _parse(source)
    if tree is None:
        return Page.without_text("empty", "The page is not HTML")
    canonical, language = _find_canonical(tree, url), _find_language(tree)
    if reservation := find_in_meta(_meta_elements(tree)):
        return Page("", canonical, language, "reserved", reservation)
    document = bare_extraction(
        source, url=url, include_comments=False, include_tables=False, with_metadata=False
    )
    text = _clean(document.text or "") if isinstance(document, Document) else ""
    if stub := identify_stub(text, html=source, url=url):
        return Page("", canonical, language, stub)
    if len(text) < min_characters:
        detail = f"The article has {len(text)} characters"
        return Page("", canonical, language, "empty", detail)
    return Page(text, canonical, language, "stored")


def _parse(source: str) -> html.HtmlElement | None:
    try:
        # Bytes, because lxml rejects a str with an encoding declaration.
        return html.document_fromstring(source.encode("utf-8", "replace"), parser=_parser())
    except (etree.LxmlError, ValueError):
        return None


def _parser() -> html.HTMLParser:
    return html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)


def _meta_elements(tree: html.HtmlElement) -> list[tuple[str, str]]:
    return [(each.get("name") or "", each.get("content") or "") for each in tree.iter("meta")]


def _find_canonical(tree: html.HtmlElement, url: str) -> str:
    for link in tree.iter("link"):
        target = urljoin(url, str(link.get("href") or "").strip())
        if "canonical" in (link.get("rel") or "").lower().split() and is_web_url(target):
            return target
    return ""


def _find_language(tree: html.HtmlElement) -> str:
    declared = str(tree.get("lang") or tree.get("xml:lang") or "").strip()
    return declared if _LANGUAGE.fullmatch(declared) else ""


def _clean(text: str) -> str:
    lines = (_MAX_BLANK.sub(" ", line).strip() for line in text.splitlines())
    return "\n".join(filter(None, lines))
