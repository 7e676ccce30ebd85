"""Settings of outgoing messages: mail server, digest, alerts, webhooks."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Mail server, sender and rate limit of outgoing emails; section `[mail]`."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str
    password: str = field(repr=False)
    sender: str  #: From address, optionally with a display name
    imprint: str
    timeout_seconds: float
    max_per_minute: float
    link_days: float = 400  #: validity of signed links
    confirm_days: float = 14  #: validity of links that confirm a subscription
    confirmations_per_hour: int = 0  #: of subscriptions on the page; 0 closes the page
    folder: str = ""  #: writes emails there instead of sending them; empty sends them
    plugin: str = ""  #: name of a plugin that sends emails instead of the mail server

    @property
    def ready(self) -> bool:
        """Whether a mail server, a folder or a plugin is configured."""
        return bool(self.host or self.folder or self.plugin)


@dataclass(frozen=True, slots=True)
class DigestSettings:
    """Section sizes and coverage thresholds of the digest; section `[digest]`."""

    max_stories: int
    max_updates: int
    max_low_coverage: int
    max_first_reports: int
    low_coverage_outlets: int  #: most outlets of a story with low coverage, by any kind of article
    new_outlets: int  #: fewest new outlets of an update; an outlet that reports again counts half


@dataclass(frozen=True, slots=True)
class EditionSettings:
    """Lateness, catch-up and lookback of digest editions; section `[editions]`."""

    late_after_minutes: float
    catch_up_hours: float
    lookback_hours: float
    max_candidates: int
    empty_days: Literal["nothing", "line"]

    @property
    def tolerance(self) -> timedelta:
        """Delay from which an edition contains an apology."""
        return timedelta(minutes=self.late_after_minutes)

    @property
    def catch_up(self) -> timedelta:
        """Time after the due time within which an edition is still created and sent."""
        return timedelta(hours=self.catch_up_hours)

    @property
    def lookback(self) -> timedelta:
        """Time that a first edition covers."""
        return timedelta(hours=self.lookback_hours)


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Triggers and rate limit of alert emails; section `[alerts]`."""

    growth: float  #: factor of independent coverage that triggers another email
    max_per_hour: int  #: emails per subscriber; the next digest lists the rest
    recent_hours: float  #: age limit of a story's latest report, by its date or its arrival
    changed_minutes: float  #: shortest time back from which changed stories are checked
    defer_after_minutes: float  #: unsent emails are then deferred to the next digest

    @property
    def recent(self) -> timedelta:
        """Age limit of a story's latest report, by its date or its arrival."""
        return timedelta(hours=self.recent_hours)

    @property
    def changed(self) -> timedelta:
        """Shortest time back from which changed stories are checked."""
        return timedelta(minutes=self.changed_minutes)

    @property
    def defer_after(self) -> timedelta:
        """Time that an alert email may wait for the mail server."""
        return timedelta(minutes=self.defer_after_minutes)


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Timeout, concurrency, retries and allowed networks of deliveries; section `[webhooks]`."""

    timeout_seconds: float
    concurrency: int
    retry_seconds: float
    max_retry_hours: float
    pause_after_hours: float
    allow_networks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """Daily Parquet dumps; section `[export]`. An empty target disables them."""

    target: str  #: folder, s3://BUCKET/PREFIX or plugin:NAME
    keep_days: int  #: 0 keeps all dumps
