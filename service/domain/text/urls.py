"""Canonical URLs: one key for the many addresses under which an outlet hands out one article."""

import ipaddress
import re
from urllib.parse import SplitResult, quote, urlsplit

#: Longer ones are data, not addresses.
MAX_URL_CHARACTERS = 4096
MAX_HOST_CHARACTERS = 253

#: Parameters that only say how a reader arrived.
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
#: Beginnings of such names: campaign tools number their parameters freely.
TRACKING_PREFIXES = ("utm_", "at_", "ns_", "fb_action", "pk_", "mtm_", "piwik_", "oly_")
#: Parameters that track only when their value says "through a feed": `ref=rss`, not `ref=12`.
FEED_PARAMETERS = frozenset(
    {"ref", "source", "src", "from", "partner", "feed", "rss", "mod", "via", "cid", "output"}
)
_FEED_VALUE = re.compile(r"(?:^|[^a-z])(?:rss|feed|atom|feedburner)(?:[^a-z]|$)", re.IGNORECASE)
#: Outlets whose mobile or AMP host serves the same paths as the main one.
#: A general rule would be wrong: `m.` is often another site.
TWIN_HOSTS = {
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
    """The key of an article: the same for every address that leads to it, as far as is safe.

    A key is for comparing, not for opening: its scheme is always https. Left out are tracking
    parameters, the fragment (but for `#!`), default ports, user names, AMP markers and a slash
    at the end; parameters are sorted. Idempotent, and never raises: None for anything that is
    no absolute http(s) address.
    """
    if (parts := _split(url)) is None or (host := normal_host(parts.hostname or "")) is None:
        return None
    host = TWIN_HOSTS.get(host, host)
    path = _path(parts.path)
    if cached := _AMP_CACHE.fullmatch(host + path):
        # A page in an AMP cache carries its own address behind the cache's.
        return canonical_url("https://" + cached["rest"] + _tail("?", parts.query))
    fragment = _escaped(parts.fragment) if parts.fragment.startswith("!") else ""
    key = f"https://{host}{_port(parts)}{path}"
    key += _tail("?", _query(parts.query)) + _tail("#", fragment)
    return key if len(key) <= MAX_URL_CHARACTERS else None


def is_web_url(url: str) -> bool:
    """Whether it is an absolute http(s) address with a host that could exist."""
    parts = _split(url)
    return parts is not None and normal_host(parts.hostname or "") is not None


def normal_host(host: str) -> str | None:
    """Lower-case ASCII form of a host name or address; None if it can be neither."""
    if ":" in host:
        return _ipv6(host)
    try:
        name = (
            host.rstrip(".").encode("idna").decode("ascii").lower()
            if len(host) <= MAX_HOST_CHARACTERS
            else ""
        )
    except UnicodeError:
        return None
    return name if name and all(map(_LABEL.fullmatch, name.split("."))) else None


def without_credentials(url: str) -> str:
    """The URL as it may be shown: no user name, no password."""
    return re.sub(r"(?<=//)[^/?#]*@", "", url, count=1)


def _split(url: str) -> SplitResult | None:
    text = _INVISIBLE.sub("", url).strip()
    if len(text) > MAX_URL_CHARACTERS or not _SCHEME.match(text):
        return None
    try:
        parts = urlsplit(_SCHEME.sub(lambda found: found[0].rstrip("/") + "//", text, count=1))
        _ = parts.port  # raises on ports that are no number
    except ValueError:
        return None
    return parts


def _ipv6(host: str) -> str | None:
    try:
        return f"[{ipaddress.IPv6Address(host.partition('%')[0]).compressed}]"
    except ValueError:
        return None


def _port(parts: SplitResult) -> str:
    # Both default ports go, whatever the scheme: the key has one scheme only.
    return "" if parts.port in {None, 80, 443} else f":{parts.port}"


def _path(path: str) -> str:
    kept: list[str] = []
    for segment in _escaped(path).split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    # `/amp` alone may be a page; at the end of a longer path it is a rendering.
    while kept and (not kept[-1] or (kept[-1] == "amp" and any(kept[:-1]))):
        kept.pop()
    return "/" + "/".join(kept)


def _query(query: str) -> str:
    # Feeds escape twice at times: `?a=1&amp;b=2` means `b`, not `amp;b`.
    parts = (_ESCAPED_TWICE.sub("", part) for part in _escaped(query).split("&"))
    pairs = (part.partition("=") for part in parts if part)
    return "&".join(
        sorted(name + sign + value for name, sign, value in pairs if not _tracks(name, value))
    )


def _tracks(name: str, value: str) -> bool:
    known = name.lower()
    if known in TRACKING_PARAMETERS or known.startswith(TRACKING_PREFIXES):
        return True
    return known in FEED_PARAMETERS and (known == "rss" or bool(_FEED_VALUE.search(value)))


def _tail(mark: str, text: str) -> str:
    return mark + text if text else ""


def _escaped(text: str) -> str:
    """Percent-escapes in one spelling: upper case, and only where one is needed."""
    return _ESCAPE_OR_UNSAFE.sub(_one_spelling, text)


def _one_spelling(found: re.Match[str]) -> str:
    if not found["code"]:
        return quote(found[0], safe="")
    character = chr(int(found["code"], 16))
    return character if character in _UNRESERVED else found[0].upper()
