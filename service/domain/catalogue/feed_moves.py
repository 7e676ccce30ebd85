"""Permanent redirects of a feed: the rule for changes of its stored URL."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, unquote, urlsplit

from service.domain.text.cleaning import fits_index

#: Servers send wrong permanent redirects for hours: maintenance pages, hijacked domains.
ADOPT_AFTER = timedelta(days=1)

_TOKEN_NAME = re.compile(
    r"token|secret|signature|passw|session|credential|api_?key|auth(?!or)|jwt|hmac|nonce|ticket"
    r"|captcha|_chl_|^x-(?:amz|goog|oss|ms)-"
    r"|^(?:key|sig|sign|hash|sid|pwd|code|policy|expires?|exp|hdnts|hdnea|otp)$",
    re.IGNORECASE,
)
_PATH_PARAMETER = re.compile(r";([^=;/?#]+)=([^;/?#]+)")
_RUN = re.compile(r"[A-Za-z0-9+_]{20,}")
#: A run with at least this many letters and digits is random, not a word.
_MIXED = 3
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PendingMove:
    """The target of a permanent redirect, and the time of the first fetch that followed it."""

    url: str
    since: datetime


@dataclass(frozen=True, slots=True)
class MoveDecision:
    """The URL to adopt now, if any, and the move to store for later fetches."""

    adopted: str | None
    pending: PendingMove | None


def decide_move(
    current: str,
    moves: Sequence[str],
    pending: PendingMove | None,
    *,
    rejected: Collection[str] = (),
    now: datetime,
) -> MoveDecision:
    """Decide whether a feed gets a new URL after a successful fetch.

    `moves` are the targets of the permanent redirects, in order. The last one that may be adopted
    becomes the URL when the server has sent it for `ADOPT_AFTER` without interruption, or at once
    if only the scheme changes to https. `rejected` URLs are those of moves that were undone.
    """
    candidates = [
        url
        for url in moves
        if url not in rejected
        and fits_index(url)  # longer URLs are followed, but not stored
        and not has_token(url, current)
    ]
    if not candidates or candidates[-1] == current:
        return MoveDecision(None, None)
    target = candidates[-1]
    if pending is None or pending.url != target:
        pending = PendingMove(target, now)
    if now - pending.since >= ADOPT_AFTER:
        return MoveDecision(target, None)
    if secure := next((url for url in candidates if _is_https_upgrade(current, url)), None):
        return MoveDecision(secure, pending if target != secure else None)
    return MoveDecision(None, pending)


def has_token(url: str, current: str = "") -> bool:
    """Whether a URL contains a session, signature or other secret that `current` does not."""
    known = unquote(current)
    return any(unquote(value) not in known for value in _tokens(url))


def _tokens(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    if parts.username or parts.password:
        yield parts.netloc.rpartition("@")[0]
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    parameters = [*pairs, *_PATH_PARAMETER.findall(parts.path)]
    yield from (value for name, value in parameters if value and _TOKEN_NAME.search(name))
    for text in (*parts.path.split("/"), *(value or name for name, value in pairs)):
        yield from filter(_is_random, _RUN.findall(text))
        yield from _UUID.findall(text)


def _is_random(run: str) -> bool:
    """Whether digits and letters of both cases, or many digits and letters, are mixed."""
    digits, letters = sum(map(str.isdigit, run)), sum(map(str.isalpha, run))
    has_both_cases = run != run.lower() and run != run.upper()
    return letters >= _MIXED and digits >= (_MIXED - has_both_cases)


def _is_https_upgrade(current: str, target: str) -> bool:
    """Whether only the scheme changes; the ports differ as a consequence."""
    old, new = urlsplit(current), urlsplit(target)
    is_upgrade = (old.scheme.lower(), new.scheme.lower()) == ("http", "https")
    same_page = (old.path or "/", old.query) == (new.path or "/", new.query)
    return is_upgrade and same_page and old.hostname == new.hostname
