"""Settings of the web server, API access and the API client."""

import ipaddress
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Listen address, trusted proxies, CORS origins and concurrency limits; section `[web]`."""

    host: str
    port: int
    site: str  #: public address of the web pages; empty if there is none
    hosts: tuple[str, ...]  #: further host names that requests may address
    trusted_proxies: tuple[str, ...]  #: addresses and networks whose X-Forwarded-* headers count
    max_connections: int
    max_connections_per_address: int  #: except for trusted proxies
    head_timeout_seconds: float
    body_timeout_seconds: float
    send_timeout_seconds: float
    cors_origins: tuple[str, ...]
    response_cache_mib: int  #: 0 disables the response cache
    story_cache_mib: int  #: 0 disables the cache of story items
    max_concurrent_searches: int
    max_streams: int  #: open server-sent event streams
    max_streams_per_client: int  #: of these, for one key or address
    max_concurrent_exports: int
    max_exports_per_client: int  #: of these, for one key or address


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Anonymous reading, rate limit, body size limit and sessions; section `[access]`."""

    read_access: Literal["auto", "open", "keys"]
    requests_per_minute: int
    max_body_bytes: int
    session_hours: float  #: after the sign-in, a browser session ends

    def is_open(self, host: str) -> bool:
        """Whether a service that listens on `host` serves reads without a key."""
        if self.read_access == "auto":
            return is_loopback(host)
        return self.read_access == "open"


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """API address and key of `samestory mcp`; an empty url means the local service."""

    url: str
    key: str = field(repr=False)


def is_loopback(host: str) -> bool:
    """Whether a server that listens on this address is reachable from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a host name
        return host == "localhost"
