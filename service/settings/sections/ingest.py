"""Settings of feed ingestion: fetching, polling intervals, parsing, admission of entries."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """HTTP client: identity, concurrency, timeouts, size limits; section `[fetch]`."""

    user_agent: str
    concurrency: int
    per_host: int
    host_delay_seconds: float
    timeout_seconds: float
    connect_timeout_seconds: float
    max_redirects: int
    max_received_bytes: int
    max_body_bytes: int
    allow_networks: tuple[str, ...]
    proxy: str = field(default="", repr=False)  #: http URL; empty: direct connections


@dataclass(frozen=True, slots=True)
class PacingSettings:
    """Bounds of the polling interval of a feed; section `[pacing]`."""

    min_interval_minutes: float
    max_interval_minutes: float
    default_interval_minutes: float
    max_hint_minutes: float
    max_retry_after_minutes: float


@dataclass(frozen=True, slots=True)
class ParseSettings:
    """Parser processes and their limits per feed; section `[parse]`."""

    workers: int
    timeout_seconds: float
    memory_mib: int
    plugins: tuple[str, ...] = ()  #: names of plugins that parse feeds before the built-in parser


@dataclass(frozen=True, slots=True)
class PagesSettings:
    """Reading of article pages, for feeds with full text; section `[pages]`."""

    batch: int
    max_age_hours: float
    max_page_bytes: int
    min_characters: int
    max_characters: int


@dataclass(frozen=True, slots=True)
class AdmitSettings:
    """Date tolerance and text limits of stored entries; section `[admit]`."""

    future_tolerance_minutes: float
    max_text_characters: int
    max_body_characters: int

    @property
    def future_tolerance(self) -> timedelta:
        """How far in the future a publication date is still accepted."""
        return timedelta(minutes=self.future_tolerance_minutes)
