"""Canonical URLs: one comparison key for all URLs of an article."""

import ipaddress
import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, urlsplit

from service.domain.urls.tracking import Parameter, is_specific, remove_tracking

#: Longer URLs are rejected.
MAX_URL_CHARACTERS = 4096
MAX_HOST_CHARACTERS = 253

_SCHEME = re.compile(r"https?:/*", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_ESCAPE_OR_UNSAFE = re.compile(r"%(?P<code>[0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~/!$&'()*+,;=:@?]")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPED_TWICE = re.compile(r"^(?:amp;)+")
#: The address of one post: `post-12`, `block-65f0`, `12`, or its headline with hyphens.
_POST = re.compile(r"(?:[A-Za-z]+[-_:])?\w*\d\w*|[a-z]+(?:-[a-z0-9]+){2,}")
_COMMENT = re.compile(
    r"(?:comment|respon|reply|disqus|link-|ixzz|axzz|pd_|xt|rss|page\d)", re.IGNORECASE
)
_HOME_PATH = re.compile(
    r"(?:[a-z]{2}(?:-[a-z]{2})?)?/?(?:(?:index|default|home)(?:\.[a-z]{3,5})?)?", re.IGNORECASE
)
#: Session ids that some servers append to the path.
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufeff]")


@lru_cache(maxsize=16_384)  # each link is compared several times
def canonical_url(url: str, *, every_parameter: bool = False) -> str | None:
    """Return a key that is equal for all URLs of one article, or None if the URL is not http(s).

    The key is for comparison, not for opening; its scheme is always https. It omits tracking
    parameters and the fragment, except `#!` and the fragment of one post of a page; with
    `every_parameter` it keeps both. It also omits session ids in the path, default ports, user
    names and a trailing slash, and sorts the parameters. Versions of a site have different keys:
    `www.`, `m.` and AMP pages are not unified. Idempotent; never raises.
    """
    if (parts := _split(url)) is None or (host := normalize_host(parts.hostname or "")) is None:
        return None
    path = _normalize_path(parts.path)
    fragment = _identifying_fragment(parts.fragment, keep=every_parameter)
    # The key has one scheme, so the default ports of both schemes are removed.
    port = "" if parts.port in {None, 80, 443} else f":{parts.port}"
    parameters = _split_query(parts.query)
    if not every_parameter:
        parameters = remove_tracking(f"https://{host}{port}{path}", parameters)
    query = "&".join(sorted(name + value for name, value in parameters))
    key = f"https://{host}{port}{path}{_prefix_if_any('?', query)}{_prefix_if_any('#', fragment)}"
    return key if len(key) <= MAX_URL_CHARACTERS else None


@lru_cache(maxsize=4096)  # each link of an entry is checked several times
def is_web_url(url: str) -> bool:
    """Whether the text is an absolute http(s) URL with a valid host."""
    parts = _split(url)
    return parts is not None and normalize_host(parts.hostname or "") is not None


def normalize_host(host: str) -> str | None:
    """Return a host name or IP address in lower-case ASCII, or None if it is invalid."""
    try:
        if ":" in host:
            return f"[{ipaddress.IPv6Address(host.partition('%')[0]).compressed}]"
        name = (
            host.rstrip(".").encode("idna").decode("ascii").lower()
            if len(host) <= MAX_HOST_CHARACTERS
            else ""
        )
    except ValueError:  # also UnicodeError
        return None
    return name if name and all(map(_LABEL.fullmatch, name.split("."))) else None


def identifies_article(key: str) -> bool:
    """Whether a canonical URL contains the number or the words of an article."""
    page, _, rest = key.removeprefix("https://").partition("?")
    query, _, _ = rest.partition("#")
    path, _, fragment = page.partition("/")[2].partition("#")
    has_number = any(map(str.isdigit, path.rpartition("/")[2] + query))
    return has_number or bool(fragment) or is_specific(path, _split_query(query))


def is_home_page(url: str, *others: str) -> bool:
    """Whether a URL is the root of a site or of a language, or one of the other URLs."""
    key = canonical_url(url)
    if key is None:
        return False
    path = key.removeprefix("https://").partition("/")[2]
    return bool(_HOME_PATH.fullmatch(path)) or key in {canonical_url(other) for other in others}


def strip_credentials(url: str) -> str:
    """Return the URL without user name and password, safe to display and log."""
    return re.sub(r"(?<=//)[^/?#]*@", "", url, count=1)


def _split(url: str) -> SplitResult | None:
    text = _INVISIBLE.sub("", url).strip()
    if len(text) > MAX_URL_CHARACTERS or not _SCHEME.match(text):
        return None
    try:
        parts = urlsplit(_SCHEME.sub(lambda match: match[0].rstrip("/") + "//", text, count=1))
        _ = parts.port  # raises ValueError if it is not a number
    except ValueError:
        return None
    return parts


def _normalize_path(path: str) -> str:
    segments: list[str] = []
    for segment in _PATH_SESSION.sub("", _normalize_escapes(path)).split("/")[1:]:
        if segment == "..":
            del segments[-1:]
        elif segment != ".":
            segments.append(segment)
    while segments and not segments[-1]:
        segments.pop()
    return "/" + "/".join(segments)


def _split_query(query: str) -> list[Parameter]:
    # Some feeds escape twice: in `?a=1&amp;b=2` the parameter is `b`, not `amp;b`.
    parts = (_ESCAPED_TWICE.sub("", part) for part in _normalize_escapes(query).split("&"))
    pairs = (part.partition("=") for part in parts if part)
    return [(name, sign + value) for name, sign, value in pairs]


def _identifying_fragment(fragment: str, *, keep: bool) -> str:
    """Return a fragment that names a post of a page or a page of a script, else an empty string.

    Fragments of comments and counters, and fragments with an equals sign, identify no article.
    """
    is_post = _POST.fullmatch(fragment) and not _COMMENT.match(fragment)
    is_kept = keep or is_post or fragment.startswith("!")
    return _normalize_escapes(fragment) if is_kept else ""


def _prefix_if_any(separator: str, text: str) -> str:
    return separator + text if text else ""


def _normalize_escapes(text: str) -> str:
    """Return text with percent-escapes in upper case and only where they are required."""

    def normalize(match: re.Match[str]) -> str:
        if not match["code"]:
            return quote(match[0], safe="")
        character = chr(int(match["code"], 16))
        return character if character in _UNRESERVED else match[0].upper()

    return _ESCAPE_OR_UNSAFE.sub(normalize, text)
