"""Links of feeds and entries: choice, resolution, other links of a page, publishers."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin, urlsplit

from service.domain.articles.entries import Publisher
from service.domain.text.cleaning import join_lines
from service.domain.text.markup import one_line, plain_to_text
from service.domain.urls.canonical import is_web_url

_ALTERNATE = re.compile(r"(?:.*/)?alternate", re.IGNORECASE)
_MEDIA_TYPES = ("audio/", "video/", "image/", "application/octet-stream", "application/x-")
_PAGE_TYPES = ("", "text/html", "application/xhtml+xml")
_CDATA_MARK = re.compile(r"<!\[CDATA\[|\]\]>", re.IGNORECASE)


def choose_link(links: Iterable[Any], language: str) -> str:
    """Return the address of the page among parsed `link` elements; "" if there is none.

    Only alternates count, not enclosures. An alternate in the given language is preferred, then one
    without a language, then one in another language; among equals, a page is preferred.
    """
    alternates = [link for link in links if _value(link, "href") and _is_page(link)]
    if not alternates:
        return ""
    return _value(min(alternates, key=lambda link: _rank(link, language)), "href")


def clean_link(link: str) -> str:
    """Return a link without line breaks, CDATA delimiters and double escapes."""
    text = join_lines(_CDATA_MARK.sub("", link))
    return text.replace("&amp;", "&").replace("&#38;", "&")


def resolve_link(link: str, *, site: str, feed: str) -> str:
    """Return an absolute link, resolved against the site's link, else against the feed's URL.

    A link without a scheme that begins with `www.` or the site's host is completed.
    """
    if re.match(r"https?\b", link, re.IGNORECASE):
        return link  # absolute, or cut off
    base = site if is_web_url(site) else feed
    try:
        scheme, host = urlsplit(base)[:2]
        is_host = bool(host) and re.split(r"[/?#]", link, maxsplit=1)[0] == host
        if is_host or link.startswith("www."):
            return f"{scheme}://{link}"
        return urljoin(base, link) if link else ""
    except ValueError:
        return link


def read_other_links(item: Any, link: str, *, site: str, feed: str) -> tuple[str, ...]:
    """Return further absolute URLs of the same page: canonical, AMP, the link of a feed service.

    Alternates in other languages are other pages.
    """
    parts = item.get("links") or []
    urls = [
        _value(part, "href") for part in parts if _value(part, "rel") in {"canonical", "amphtml"}
    ]
    if _value(item, "feedburner_origlink"):
        urls.append(_value(item, "link"))
    others = (resolve_link(clean_link(url), site=site, feed=feed) for url in urls)
    return tuple(dict.fromkeys(url for url in others if is_web_url(url) and url != link))


def read_publisher(item: Any) -> Publisher | None:
    """Return the publisher that an item names: `source` of RSS and Atom.

    For Atom the site is preferred to the feed.
    """
    source = item.get("source")
    urls = [_value(source, name) for name in ("link", "href", "url", "id")]
    url = next(filter(is_web_url, urls), "")
    name = _value(source, "title") or _value(source, "value")
    return Publisher(url, one_line(plain_to_text(name))) if url else None


def _is_page(link: Any) -> bool:
    kind, relation = _value(link, "type").lower(), _value(link, "rel") or "alternate"
    return bool(_ALTERNATE.fullmatch(relation)) and not kind.startswith(_MEDIA_TYPES)


def _rank(link: Any, language: str) -> tuple[int, bool]:
    own, preferred = (tag.lower().replace("_", "-") for tag in (_value(link, "hreflang"), language))
    if not own:
        match = 2
    elif own == preferred:
        match = 0
    else:
        match = 1 if preferred and own.split("-")[0] == preferred.split("-")[0] else 3
    return match, _value(link, "type").lower() not in _PAGE_TYPES


def _value(link: Any, name: str) -> str:
    value = dict.get(link, name) if isinstance(link, dict) else None
    return value.strip() if isinstance(value, str) else ""
