"""Settings of the database, the log and the job schedule."""

from dataclasses import dataclass

#: Prefix of the names of the demo's databases on the embedded server.
DEMO_DATABASE = "samestory_demo"


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Postgres connection; an empty url means the embedded server."""

    url: str
    data_dir: str
    name: str


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Level and format of the log on standard error."""

    level: str
    format: str


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """Seconds between two runs of each job; section `[schedule]`."""

    fetch: float
    read_pages: float
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
