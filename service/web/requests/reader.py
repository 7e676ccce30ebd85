"""The reader of a page: time zone, last visit and languages, without an account.

Cookies of this site contain zone and visit; the browser sends the languages. A page that depends on
the visit is private to its reader: only the browser stores it. Its ETag is the hash of the page, so
that an unchanged page costs no transfer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Annotated
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo, available_timezones

from fastapi import Depends, HTTPException, Query, Request, Response
from starlette.requests import cookie_parser
from starlette.types import Scope

from service.domain.text.nearest import suggest
from service.web.dependencies import WebContextDep
from service.web.rendering.reader_clock import ReaderClock, current_zone

ZONE_COOKIE, VISIT_COOKIE = "zone", "visit"
#: Cookies that change only how pages are displayed.
PREFERENCE_COOKIES = frozenset({ZONE_COOKIE, VISIT_COOKIE})
#: After this time without a request, the next request begins a new visit.
VISIT_GAP = timedelta(minutes=30)
#: The time of the latest request is stored again after this time.
VISIT_STEP = timedelta(minutes=5)
#: A language of the header Accept-Language with its weight; the region is ignored.
_LANGUAGE_RANGE = re.compile(
    r"\s*([A-Za-z]{2,3})(?:-[A-Za-z0-9-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*"
)
_MAX_HEADER = 500
MAX_COOKIE_AGE = timedelta(days=365)

ZoneQuery = Annotated[str, Query(alias="zone", max_length=64)]


@dataclass(frozen=True, slots=True)
class Visit:
    """The end of the previous visit, and the latest request of the current one."""

    previous: datetime | None
    latest: datetime

    @property
    def cookie(self) -> str:
        """Value of the cookie: seconds since 1970, separated by a full stop."""
        times = (self.previous, self.latest) if self.previous else (self.latest,)
        return ".".join(str(int(each.timestamp())) for each in times)


@dataclass(frozen=True, slots=True)
class Reader:
    """Clock of the reader, time of the previous visit, and the cookies to store."""

    clock: ReaderClock
    last_visit: datetime | None
    cookies: Mapping[str, str]
    secure: bool

    def personalize(self, response: Response, *, remember_visit: bool = False) -> Response:
        """Add the cookies and the cache headers to a response."""
        for name, value in self.cookies.items():
            if name != VISIT_COOKIE or remember_visit:
                age = int(MAX_COOKIE_AGE.total_seconds())
                response.set_cookie(
                    name, value, max_age=age, secure=self.secure, httponly=True, samesite="lax"
                )
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Cookie, Accept-Language"
        return response


def identify_reader(request: Request, web: WebContextDep, zone: ZoneQuery = "") -> Reader:
    """Dependency: the reader; the parameter `zone` takes precedence over the cookie.

    Raises:
        HTTPException: 422, the parameter is no IANA time zone.
    """
    now = web.clock()
    if zone and zone not in _zone_names():
        hint = suggest(zone, dict.fromkeys(_zone_names(), ""))
        raise HTTPException(422, f"Unknown time zone {zone!r}: {hint}")
    chosen = current_zone.get()
    old = parse_visit(request.cookies.get(VISIT_COOKIE, ""), now)
    visit = continue_visit(old, now)
    cookies = {ZONE_COOKIE: zone} if zone else {}
    if visit != old:
        cookies[VISIT_COOKIE] = visit.cookie
    secure = request.url.scheme == "https"
    return Reader(ReaderClock(now, chosen), visit.previous, cookies, secure)


ReaderDep = Annotated[Reader, Depends(identify_reader)]


def has_only_preferences(header: str) -> bool:
    """Whether a Cookie header contains only cookies that change how pages are displayed."""
    return set(cookie_parser(header)) <= PREFERENCE_COOKIES


def read_zone(scope: Scope) -> tzinfo:
    """The time zone of a request: its parameter `zone`, else its cookie, else UTC."""
    query = scope["query_string"]
    if b"zone=" in query and (names := parse_qs(query.decode("latin-1")).get("zone")):
        return find_zone(names[-1])
    for name, value in scope["headers"]:
        if name == b"cookie" and b"zone=" in value:
            return find_zone(cookie_parser(value.decode("latin-1")).get(ZONE_COOKIE, ""))
    return UTC


def read_languages(scope: Scope) -> tuple[str, ...]:
    """The languages of a request (ISO 639-1) by preference; from its header Accept-Language."""
    header = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
    ranked: dict[str, float] = {}
    for item in header[:_MAX_HEADER].decode("latin-1").split(","):
        if (match := _LANGUAGE_RANGE.fullmatch(item)) and (weight := float(match[2] or 1)):
            code = match[1].lower()
            ranked[code] = max(weight, ranked.get(code, 0))
    return tuple(sorted(ranked, key=lambda code: -ranked[code]))


def find_zone(name: str) -> tzinfo:
    """The zone with an IANA name; UTC for any other text."""
    return ZoneInfo(name) if name in _zone_names() and name != "UTC" else UTC


def parse_visit(cookie: str, now: datetime) -> Visit | None:
    """The visit in a cookie; None if the cookie is missing, invalid or from the future."""
    try:
        times = [datetime.fromtimestamp(int(each), UTC) for each in cookie[:50].split(".")]
    except (ValueError, OverflowError, OSError):
        return None
    if len(times) > len(("previous", "latest")) or times != sorted(times) or times[-1] > now:
        return None
    return Visit(times[0] if times[1:] else None, times[-1])


def continue_visit(old: Visit | None, now: datetime) -> Visit:
    """The visit after a request: the same, prolonged, or a new one after `VISIT_GAP`."""
    now = now.replace(microsecond=0)
    if old is None:
        return Visit(None, now)
    if now - old.latest > VISIT_GAP:
        return Visit(old.latest, now)
    return Visit(old.previous, now) if now - old.latest >= VISIT_STEP else old


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())
