"""Sections of the settings that belong to no other module; `settings` reads them."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from service.settings.paths import CONFIG_DIR


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where Postgres is; an empty url means the embedded server."""

    url: str
    data_dir: str
    name: str


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where API and page listen, whose scripts may ask, and how much is done at once."""

    host: str
    port: int
    trusted_proxies: tuple[str, ...]  #: addresses and networks that say who asks
    cors_origins: tuple[str, ...]
    answers_mib: int  #: memory for answers that are kept
    searches: int  #: at the same time
    streams: int  #: open at the same time
    streams_each: int  #: the same of one caller


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Who may read without a key, how often anybody may ask, and how much they may send."""

    reading: Literal["auto", "open", "keys"]
    per_minute: int
    max_body_bytes: int

    def is_open(self, host: str) -> bool:
        """Whether reading takes no key where the service listens on `host`."""
        if self.reading == "auto":
            return is_loopback(host)
        return self.reading == "open"


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What the daemon writes to standard error."""

    level: str
    format: str


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """What the daemon compares."""

    days: float

    @property
    def reach(self) -> timedelta:
        """How far apart articles may be that are compared."""
        return timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class PairSettings:
    """Which weights the pair score has."""

    model: str  #: a file of `pairs.PairModel`, relative to config/

    @property
    def path(self) -> Path:
        """Where the file is."""
        return CONFIG_DIR / self.model


@dataclass(frozen=True, slots=True)
class LifeSettings:
    """How long stories live."""

    close_after_days: float

    def quiet_since(self, now: datetime) -> datetime:
        """A story without a report since then is closed."""
        return now - timedelta(days=self.close_after_days)


@dataclass(frozen=True, slots=True)
class IssueSettings:
    """When an issue says that it is late, when it is not sent any more, what it looks back on."""

    late_after_minutes: float
    make_up_hours: float
    look_back_hours: float
    stories: int
    empty_days: Literal["nothing", "line"]

    @property
    def tolerance(self) -> timedelta:
        """How late an issue may be without a word."""
        return timedelta(minutes=self.late_after_minutes)

    @property
    def make_up(self) -> timedelta:
        """How long after its moment an issue is still made and sent."""
        return timedelta(hours=self.make_up_hours)

    @property
    def look_back(self) -> timedelta:
        """What counts as news in a first issue."""
        return timedelta(hours=self.look_back_hours)


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Which service `samestory mcp` asks, and with what key; an empty url means this machine's."""

    url: str
    key: str


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """Seconds between two runs of each job."""

    fetch: float
    embed: float
    place: float
    reconcile: float
    describe: float
    link: float
    close: float
    digest: float
    webhooks: float
    alerts: float
    tidy: float


def is_loopback(host: str) -> bool:
    """Whether a server that listens on this address is reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return host == "localhost"
