"""Canonical URLs: one key for all URLs of an article, without tracking parameters."""

import ipaddress
import re
from urllib.parse import SplitResult, quote, urlsplit

#: Longer URLs are rejected.
MAX_URL_CHARACTERS = 4096
MAX_HOST_CHARACTERS = 253

#: Query parameters that only identify the referrer or campaign.
TRACKING_PARAMETERS = frozenset(
    {
        *("fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "igshid"),
        *("mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "vero_id", "_openstat", "_ga", "_gl"),
        *("cmp", "icid", "intcmp", "ito", "ocid", "spm", "smid", "smtyp", "emc", "maca", "xtor"),
        *(
            "wt_mc",
            "wtrid",
            "guccounter",
            "guce_referrer",
            "__twitter_impression",
            "traffic_source",
        ),
        *("mbid", "sr_share", "outputtype", "amp"),
    }
)
#: Prefixes of such parameters; campaign tools define many names.
TRACKING_PREFIXES = ("utm_", "at_", "ns_", "fb_action", "pk_", "mtm_", "piwik_", "oly_")
#: Parameters that are tracking only if their value names a feed: `ref=rss`, not `ref=12`.
FEED_PARAMETERS = frozenset(
    {"ref", "source", "src", "from", "partner", "feed", "rss", "mod", "via", "cid", "output"}
)
_FEED_VALUE = re.compile(r"(?:^|[^a-z])(?:rss|feed|atom|feedburner)(?:[^a-z]|$)", re.IGNORECASE)
#: Mobile and AMP hosts with the same paths as the main host. No general rule applies, because
#: `m.` is often another site.
MAIN_HOSTS = {
    "m.bbc.co.uk": "www.bbc.co.uk",
    "m.bbc.com": "www.bbc.com",
    "m.dw.com": "www.dw.com",
    "amp.dw.com": "www.dw.com",
    "mobile.nytimes.com": "www.nytimes.com",
    "amp.theguardian.com": "www.theguardian.com",
    "amp.cnn.com": "www.cnn.com",
    "m.lenta.ru": "lenta.ru",
    "m.ria.ru": "ria.ru",
    "m.spiegel.de": "www.spiegel.de",
    "mobile.reuters.com": "www.reuters.com",
    "amp.france24.com": "www.france24.com",
    "m.hurriyet.com.tr": "www.hurriyet.com.tr",
}

_AMP_CACHE = re.compile(
    r"(?:www\.google\.[a-z.]+/amp|[a-z0-9-]+\.cdn\.ampproject\.org/[cv])/(?:s/)?(?P<rest>[^/]+\.[^/]+/.+)"
)
_SCHEME = re.compile(r"https?:/*", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_ESCAPE_OR_UNSAFE = re.compile(r"%(?P<code>[0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~/!$&'()*+,;=:@?]")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPED_TWICE = re.compile(r"^(?:amp;)+")
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufeff]")


def canonical_url(url: str) -> str | None:
    """Return a key that is equal for all URLs of one article, or None if the URL is not http(s).

    The key is for comparison, not for opening; its scheme is always https. It omits tracking
    parameters, the fragment (except `#!`), default ports, user names, AMP markers and a trailing
    slash, and sorts the parameters. Idempotent; never raises.
    """
    if (parts := _split(url)) is None or (host := normalize_host(parts.hostname or "")) is None:
        return None
    host = MAIN_HOSTS.get(host, host)
    path = _normalize_path(parts.path)
    if cached := _AMP_CACHE.fullmatch(host + path):
        # The URL of a cached AMP page contains the original URL.
        return canonical_url("https://" + cached["rest"] + _prefix_if_any("?", parts.query))
    fragment = _normalize_escapes(parts.fragment) if parts.fragment.startswith("!") else ""
    # The key has one scheme, so the default ports of both schemes are removed.
    port = "" if parts.port in {None, 80, 443} else f":{parts.port}"
    query = _normalize_query(parts.query)
    key = f"https://{host}{port}{path}{_prefix_if_any('?', query)}{_prefix_if_any('#', fragment)}"
    return key if len(key) <= MAX_URL_CHARACTERS else None


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
    for segment in _normalize_escapes(path).split("/")[1:]:
        if segment == "..":
            del segments[-1:]
        elif segment != ".":
            segments.append(segment)
    # `/amp` alone may be a page; at the end of a longer path it marks the AMP version.
    while segments and (not segments[-1] or (segments[-1] == "amp" and any(segments[:-1]))):
        segments.pop()
    return "/" + "/".join(segments)


def _normalize_query(query: str) -> str:
    # Some feeds escape twice: in `?a=1&amp;b=2` the parameter is `b`, not `amp;b`.
    parts = (_ESCAPED_TWICE.sub("", part) for part in _normalize_escapes(query).split("&"))
    pairs = (part.partition("=") for part in parts if part)
    return "&".join(
        sorted(name + sign + value for name, sign, value in pairs if not _is_tracking(name, value))
    )


def _is_tracking(name: str, value: str) -> bool:
    name = name.lower()
    if name in TRACKING_PARAMETERS or name.startswith(TRACKING_PREFIXES):
        return True
    return name in FEED_PARAMETERS and (name == "rss" or bool(_FEED_VALUE.search(value)))


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
