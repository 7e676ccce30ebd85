"""Limits of connections: their number, and their timeouts for connecting, waits and pauses."""

from dataclasses import dataclass, replace

from service.settings.sections.daemon import DatabaseSettings, RunSettings

#: Longest waits for a free connection, and of a health check for the server, in seconds.
SHORT_TIMEOUT = 5.0
PROBE_TIMEOUT = 1.5
#: psycopg treats shorter timeouts as this one.
MIN_CONNECT_TIMEOUT = 2.0


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Limits of the connections of one engine; all times are in seconds, 0 is no limit."""

    #: Last part of the application name that Postgres shows for these connections.
    purpose: str = "jobs"
    connections: int = 16
    #: Longest wait for a free connection of the pool.
    pool_wait: float = 900.0
    connect: float = 5.0
    #: Longest statement, including its waits for locks.
    statement: float = 900.0
    #: Longest pause within a transaction; the server then ends the connection.
    idle: float = 3600.0
    #: Longest time without a response to a keepalive packet or to sent data (TCP only).
    tcp: float = 30.0
    #: Longest wait for the response to a check before the connection is used again.
    ping: float = SHORT_TIMEOUT

    @classmethod
    def for_jobs(cls, settings: DatabaseSettings) -> "ConnectionLimits":
        """Limits of jobs and commands; one of the connections is for the locks of the jobs."""
        statement = settings.job_statement_timeout_seconds
        return cls(
            "jobs",
            connections=settings.job_connections - 1,
            pool_wait=statement,
            connect=settings.connect_timeout_seconds,
            statement=statement,
            idle=settings.job_idle_timeout_seconds,
            tcp=settings.tcp_timeout_seconds,
        )

    @classmethod
    def for_web(cls, settings: DatabaseSettings) -> "ConnectionLimits":
        """Limits of the web server; a request fails early instead of occupying a thread."""
        return cls(
            "web",
            connections=settings.web_connections,
            pool_wait=SHORT_TIMEOUT,
            connect=MIN_CONNECT_TIMEOUT,
            statement=settings.web_statement_timeout_seconds,
            idle=settings.web_idle_timeout_seconds,
            tcp=settings.tcp_timeout_seconds,
            ping=MIN_CONNECT_TIMEOUT,
        )

    @classmethod
    def for_locks(cls, settings: RunSettings) -> "ConnectionLimits":
        """Limits of the connection that holds the locks of the jobs of a process."""
        return cls("locks", connections=0, statement=settings.heartbeat_seconds, idle=0.0)


#: Health checks; each opens and closes its own connection.
PROBE_LIMITS = ConnectionLimits(
    "probe",
    connections=0,
    connect=MIN_CONNECT_TIMEOUT,
    statement=PROBE_TIMEOUT,
    idle=PROBE_TIMEOUT,
    ping=PROBE_TIMEOUT,
)
#: Metrics, which count rows.
METRICS_LIMITS = replace(PROBE_LIMITS, purpose="metrics", statement=4.0)
#: Migrations, backups and comparisons of schemas: as long as they take.
UNLIMITED = ConnectionLimits("maintenance", connections=0, statement=0.0, idle=0.0)
