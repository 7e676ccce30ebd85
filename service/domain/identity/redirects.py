"""Redirect links of aggregators that contain the publisher's own link."""

import base64
import binascii
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from service.domain.text.cleaning import clean_identifier
from service.domain.urls.canonical import MAX_URL_CHARACTERS, is_web_url
from service.settings.clearurls import load_rules

#: Redirects may contain redirects; more than this many are not followed.
_MAX_REDIRECTS = 4
#: Host and path of redirect pages, and the parameter with the target.
_PAGES = (
    (re.compile(r"(?:www\.)?google(?:\.[a-z]{2,3}){1,2}/url"), ("url", "q")),
    (re.compile(r"news\.google(?:\.[a-z]{2,3}){1,2}/news/url"), ("url",)),
    (re.compile(r"(?:[a-z0-9]+\.)*bing\.com/.*\.aspx"), ("url",)),
    (re.compile(r"(?:lm?|m|www)\.(?:facebook|instagram)\.com/l\.php|l\.instagram\.com/"), ("u",)),
    (re.compile(r"out\.reddit\.com/.*"), ("url",)),
    (re.compile(r"(?:www\.)?duckduckgo\.com/l/"), ("uddg",)),
    (re.compile(r"(?:www\.)?youtube\.com/redirect"), ("q",)),
    (re.compile(r"(?:www\.)?linkedin\.com/redir/redirect"), ("url",)),
    (re.compile(r"(?:(?:away|m|www)\.)?vk\.(?:com|ru)/away\.php"), ("to",)),
    (re.compile(r"news\.url\.google\.com/.*|(?:www\.)?yandex\.[a-z]{2,3}/clck/.*"), ("url",)),
    (re.compile(r"(?:news\.yandex|dzen)\.[a-z]{2,3}/(?:news/)?redir.*"), ("url",)),
    (re.compile(r"(?:app\.)?getpocket\.com/redirect"), ("url",)),
)
#: Google and AMP caches contain the address of the AMP page in their path.
_AMP_CACHE = re.compile(
    r"(?:www\.google\.[a-z.]+/amp|[a-z0-9-]+\.cdn\.ampproject\.org/[cvi])/(?:s/)?(?P<rest>[^/]+\.[^/]+/.+)"
)
_YAHOO = re.compile(r"r\.search\.yahoo\.com/.*/RU=(?P<target>[^/]+)/")
_GOOGLE_NEWS = re.compile(
    r"news\.google\.com/(?:__i/)?(?:rss/)?(?:rd/)?articles/(?P<code>[\w-]{20,})"
)
_PRINTABLE_URL = re.compile(rb"https?://[\x21-\x7e]+")


def unwrap(url: str) -> str:
    """Return the target of a redirect link, or the URL itself.

    Covers the redirects of search engines, networks and AMP caches, the old links of Google News
    (which contain the target in base64), and the redirects of the ClearURLs rules. No request is
    made, so a link that does not contain its target is returned unchanged.
    """
    for _ in range(_MAX_REDIRECTS):
        targets = (clean_identifier(each, MAX_URL_CHARACTERS) for each in _find_targets(url))
        target = next(filter(is_web_url, targets), None)
        if target is None:
            break
        url = target
    return url


def _find_targets(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return
    page = f"{host}{parts.path}"
    if match := _AMP_CACHE.fullmatch(page):
        yield f"https://{match['rest']}{'?' * bool(parts.query)}{parts.query}"
    if match := _YAHOO.match(page):
        yield unquote(match["target"])
    if match := _GOOGLE_NEWS.match(page):
        yield _decode_google_news(match["code"])
    yield from _find_parameters(page, parts)
    yield from _find_by_rules(host, url)


def _find_parameters(page: str, parts: SplitResult) -> Iterator[str]:
    names = next((names for pattern, names in _PAGES if pattern.fullmatch(page)), ())
    values = dict(parse_qsl(parts.query)) if names else {}
    yield from (values[name] for name in names if name in values)


def _find_by_rules(host: str, url: str) -> Iterator[str]:
    for redirect in _redirects_of(host):
        if match := redirect.match(url):
            yield unquote(match[1])


@lru_cache(maxsize=4096)
def _redirects_of(host: str) -> list[re.Pattern[str]]:
    return [
        redirect.whole
        for site in load_rules()
        for redirect in site.redirects
        if redirect.may_match(f"https://{host}")
    ]


def _decode_google_news(code: str) -> str:
    """Return the URL in a code, which is a binary message in base64; "" if there is none."""
    try:
        message = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))
    except (binascii.Error, ValueError):
        return ""
    # The byte before the URL is its length. It may be printable, but the pattern excludes it.
    match = _PRINTABLE_URL.search(message)
    return match[0].decode("ascii") if match else ""
