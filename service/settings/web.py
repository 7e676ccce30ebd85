"""Settings of the web server, API access and the API client."""

import ipaddress
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where API and page listen, whose scripts may ask, and how much is done at once."""

    host: str
    port: int
    trusted_proxies: tuple[str, ...]  #: addresses and networks that say who asks
    cors_origins: tuple[str, ...]
    response_cache_mib: int  #: memory for answers that are kept
    max_concurrent_searches: int  #: at the same time
    max_streams: int  #: open at the same time
    max_streams_per_client: int  #: the same of one caller


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Who may read without a key, how often anybody may ask, and how much they may send."""

    read_access: Literal["auto", "open", "keys"]
    requests_per_minute: int
    max_body_bytes: int

    def is_open(self, host: str) -> bool:
        """Whether reading takes no key where the service listens on `host`."""
        if self.read_access == "auto":
            return is_loopback(host)
        return self.read_access == "open"


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Which service `samestory mcp` asks, and with what key; an empty url means this machine's."""

    url: str
    key: str


def is_loopback(host: str) -> bool:
    """Whether a server that listens on this address is reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return host == "localhost"
