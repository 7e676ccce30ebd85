"""Host header: only known hosts are answered, and links start with the address of `web.site`.

A page of another site can point its own host name to this server (DNS rebinding), and then read
the responses. Browsers send that name in the Host header.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.domain.urls.canonical import normalize_host
from service.settings.sections.web import WebSettings, is_loopback
from service.web.requests.problems import problem

#: Paths that any host may request: load balancers often send an address of their own.
PROBES = frozenset({"/healthz", "/readyz"})
MISDIRECTED = 421
HSTS = "max-age=31536000"
#: A name or an IP address, the one of IPv6 in brackets, and a port, which may be empty (RFC 9110).
_HOST = re.compile(
    r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[^\s:@/?#\\\[\]]+))(?::[0-9]{0,5})?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class HostPolicy:
    """The hosts that a server answers, in lower case and without ports."""

    hosts: frozenset[str]
    scheme: str  #: of `web.site`; empty without it
    netloc: str  #: host and port of `web.site`; empty if that is this machine
    only_loopback: bool  #: the server listens on a loopback address

    @classmethod
    def from_settings(cls, web: WebSettings) -> "HostPolicy":
        """The policy of the section `[web]`."""
        site = urlsplit(web.site)
        names = {site.hostname or "", *map(str.lower, web.hosts)} - {""}
        # Clients on other machines cannot use links to this one.
        netloc = "" if is_loopback(site.hostname or "") else site.netloc
        return cls(frozenset(names), site.scheme, netloc, is_loopback(web.host))

    def is_known(self, host: str) -> bool:
        """Whether the server accepts a Host header.

        Servers that listen on public addresses accept IP addresses, because DNS rebinding needs a
        name.
        """
        name = host_name(host)
        if name in self.hosts or is_loopback(name.strip("[]")):
            return True
        return not self.only_loopback and _is_address(name)

    def rewrites(self, host: str) -> bool:
        """Whether links of the response start with `web.site` instead of the requested host."""
        return bool(self.netloc) and not is_loopback(host_name(host).strip("[]"))


class HostMiddleware:
    """Rejects unknown hosts with 421, replaces the host by `web.site`, and adds HSTS."""

    def __init__(self, app: ASGIApp, policy: HostPolicy) -> None:
        self.app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")
        if not self._policy.is_known(host) and scope["path"] not in PROBES:
            detail = f"Unknown host {host:.100}: add it to web.hosts, or set web.site"
            await problem(Request(scope), MISDIRECTED, detail)(scope, receive, send)
            return
        if self._policy.rewrites(host):
            scope = self._on_site(scope)
        await self.app(scope, receive, _with_hsts(scope, send))

    def _on_site(self, scope: Scope) -> Scope:
        headers = MutableHeaders(raw=list(scope["headers"]))
        headers["host"] = self._policy.netloc
        return {**scope, "scheme": self._policy.scheme, "headers": headers.raw}


def host_name(host: str) -> str:
    """Return the name or address of a Host header without its port; empty if it is invalid.

    Links contain the header, so nothing but host and port is accepted.
    """
    match = _HOST.fullmatch(host)
    return (normalize_host((match["address"] or match["name"]).lower()) or "") if match else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _with_hsts(scope: Mapping[str, object], send: Send) -> Send:
    """Add the header of RFC 6797 to responses over TLS, also if a proxy ends TLS."""
    if scope["scheme"] != "https":
        return send

    async def send_with_hsts(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(raw=message["headers"])["Strict-Transport-Security"] = HSTS
        await send(message)

    return send_with_hsts
