"""Permission to read pages: robots.txt and TDMRep of each site, loaded once per run."""

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from service.domain.pages.reservations import AI_AGENTS, find_in_tdmrep, find_signal, names_agent
from service.errors import PageRefusedError
from service.ingest.fetching.redirects import RedirectResult, Route, follow
from service.ingest.fetching.request_url import parse_url

_FIRST_CLIENT_ERROR, _FIRST_SERVER_ERROR = 400, 500
_TOO_MANY_REQUESTS = 429
#: RFC 9309 requires at least 500 KiB.
_MAX_ROBOTS_BYTES = 512_000
#: Longer delays are requested for crawlers of whole sites.
_MAX_CRAWL_DELAY = 60.0


@dataclass(frozen=True, slots=True)
class _SiteRules:
    """The files of one site; `robots` is None if they cannot be loaded at present."""

    robots: str | None
    tdmrep: bytes


class Permissions:
    """Checks which pages may be read by the rules of each site."""

    def __init__(self, route: Route, user_agent: str) -> None:
        self._route = route
        self._agent = product_token(user_agent)
        self._sites: dict[str, asyncio.Task[_SiteRules]] = {}

    async def check(self, url: str) -> None:
        """Raise PageRefusedError if the page must not be requested."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._sites:
            self._sites[origin] = asyncio.create_task(self._load(origin))
        rules = await self._sites[origin]
        if rules.robots is None:
            raise PageRefusedError(url, "robots.txt cannot be loaded", temporary=True)
        reason = find_rule(rules.robots, url, self._agent) or find_in_tdmrep(rules.tdmrep, url)
        if reason:
            raise PageRefusedError(url, reason)

    async def _load(self, origin: str) -> _SiteRules:
        robots = _readable(await follow(self._route, f"{origin}/robots.txt"))
        if robots is None:
            return _SiteRules(None, b"")
        tdmrep = _readable(await follow(self._route, f"{origin}/.well-known/tdmrep.json"))
        text = robots[:_MAX_ROBOTS_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
        delay = Protego.parse(text).crawl_delay(self._agent) or 0.0
        host = parse_url(origin)[0].host  # as the requests spell it, without punycode
        self._route.throttle.slow_down(host, min(float(delay), _MAX_CRAWL_DELAY))
        return _SiteRules(text, tdmrep or b"")


def product_token(user_agent: str) -> str:
    """Return the name that robots.txt files use for a User-Agent header."""
    name = re.match(r"[A-Za-z_-]+", user_agent)
    return name[0] if name else "samestory"


def find_rule(robots: str, url: str, agent: str) -> str | None:
    """Return the rule of a robots.txt against a page, or None.

    Rules against AI agents count, unless the file has rules for `agent` itself.
    """
    parsed = Protego.parse(robots)
    if not parsed.can_fetch(url, agent):
        return f"robots.txt: disallowed for {agent}"
    if names_agent(robots, agent):
        return None
    barred = next((each for each in AI_AGENTS if not parsed.can_fetch(url, each)), None)
    return f"robots.txt: disallowed for {barred}" if barred else find_signal(robots)


def _readable(result: RedirectResult) -> bytes | None:
    """Return a file of a site, empty if it does not exist; None if it cannot be loaded now."""
    status = result.response.status if result.response else None
    if result.error is None and result.response:
        return result.response.body
    missing = status is not None and _FIRST_CLIENT_ERROR <= status < _FIRST_SERVER_ERROR
    is_empty = result.error is not None and result.error.kind == "empty"
    return b"" if (missing and status != _TOO_MANY_REQUESTS) or is_empty else None
