"""Settings of the database, the log and the job schedule."""

from dataclasses import dataclass, field

#: Prefix of the names of the demo's databases on the embedded server.
DEMO_DATABASE = "samestory_demo"


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Postgres connection; an empty url means the embedded server."""

    url: str
    password: str = field(repr=False)  #: for a url without one
    data_dir: str
    name: str
    job_connections: int  #: of one process that runs jobs
    web_connections: int  #: of one web server
    connect_timeout_seconds: float
    job_statement_timeout_seconds: float
    web_statement_timeout_seconds: float
    job_idle_timeout_seconds: float
    web_idle_timeout_seconds: float
    tcp_timeout_seconds: float
    min_free_mib: int


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Level and format of the log on standard error."""

    level: str
    format: str


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """Metrics of processes without a web server; section `[metrics]`."""

    host: str
    port: int  #: 0: none


@dataclass(frozen=True, slots=True)
class TracingSettings:
    """OpenTelemetry traces; section `[tracing]`."""

    endpoint: str  #: base address of an OTLP receiver over HTTP; empty: none
    ratio: float  #: share of the traces that are recorded


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """Seconds between two runs of each job; section `[schedule]`."""

    fetch: float
    read_pages: float
    embed: float
    reembed: float
    place: float
    reconcile: float
    describe: float
    link: float
    close: float
    digest: float
    webhooks: float
    alerts: float
    export: float
    tidy: float


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """Days after which details are deleted; 0 keeps them. Section `[retention]`."""

    texts_days: float
    vectors_days: float
    versions_days: float
    revisions_days: float
    fetches_days: float
    runs_days: float
    idle_runs_days: float
    reviews_days: float
    attempts_days: float


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Heartbeats of running jobs; section `[runs]`."""

    heartbeat_seconds: float
    takeover_seconds: float
    stop_grace_seconds: float


@dataclass(frozen=True, slots=True)
class RunLimitSettings:
    """Maximum seconds of a run of each job; section `[run_limits]`."""

    fetch: float
    read_pages: float
    embed: float
    reembed: float
    place: float
    reconcile: float
    describe: float
    link: float
    close: float
    digest: float
    webhooks: float
    alerts: float
    export: float
    tidy: float
