"""Metrics of this process, counted in its memory: a failing database cannot hide them."""

import platform
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Histogram, Info
from prometheus_client.gc_collector import GCCollector
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
#: Buckets of durations and delays, in seconds.
_DURATIONS = (0.1, 0.5, 1, 5, 15, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR)
_DELAYS = (5, 15, 30, *(n * _MINUTE for n in (1, 2, 5, 15, 30)), _HOUR, 3 * _HOUR, 12 * _HOUR, _DAY)

RUNS = Counter(
    "samestory_job_runs",
    "Runs of jobs that ended in this process, by outcome: done, failed, or skipped because another "
    "process runs the job.",
    ["job", "outcome"],
    registry=REGISTRY,
)
RUN_SECONDS = Histogram(
    "samestory_job_seconds",
    "Duration of the runs of jobs in this process, in seconds.",
    ["job"],
    buckets=_DURATIONS,
    registry=REGISTRY,
)
FETCHES = Counter(
    "samestory_fetches",
    "Fetches of feeds: ok, not_modified, or the kind of the error.",
    ["outcome"],
    registry=REGISTRY,
)
DELIVERIES = Counter(
    "samestory_deliveries",
    "Deliveries of emails (digest, alert) and to webhooks (webhook), by outcome.",
    ["kind", "outcome"],
    registry=REGISTRY,
)
PUBLICATION_LAG = Histogram(
    "samestory_article_publication_lag_seconds",
    "Time from the publication of an article, if its date is trusted, to its first fetch.",
    buckets=_DELAYS,
    registry=REGISTRY,
)
STORY_LAG = Histogram(
    "samestory_article_story_lag_seconds",
    "Time from the first fetch of an article to its story.",
    buckets=_DELAYS,
    registry=REGISTRY,
)
Info("samestory_build", "Release and Python of this process.", registry=REGISTRY).info(
    {"version": version("samestory"), "python": platform.python_version()}
)


class JobStates(Collector):
    """Current run and last end of each job of this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._started: dict[str, float] = {}  #: monotonic seconds, by job
        self._succeeded: dict[str, float] = {}  #: likewise; the start of the process before it

    def register(self, jobs: Iterable[str]) -> None:
        """Announce the jobs that this process runs, so that their series exist from the start."""
        now = time.monotonic()
        for job in jobs:
            self._succeeded.setdefault(job, now)
            RUN_SECONDS.labels(job)
            for outcome in ("done", "failed", "skipped"):
                RUNS.labels(job, outcome)

    @contextmanager
    def run(self, job: str) -> Iterator[None]:
        """Measure a run; an exception counts as failed."""
        started = time.monotonic()
        with self._lock:
            self._started[job] = started
        outcome = "failed"
        try:
            yield
            outcome = "done"
        finally:
            now = time.monotonic()
            with self._lock:
                self._started.pop(job, None)
                if outcome == "done":
                    self._succeeded[job] = now
            RUNS.labels(job, outcome).inc()
            RUN_SECONDS.labels(job).observe(now - started)

    def collect(self) -> Iterator[Metric]:
        """Ages in seconds."""
        now = time.monotonic()
        with self._lock:
            started, succeeded = dict(self._started), dict(self._succeeded)
        current = GaugeMetricFamily(
            "samestory_job_running_seconds",
            "Age of the run in progress in this process, in seconds; 0 without one.",
            labels=["job"],
        )
        age = GaugeMetricFamily(
            "samestory_job_success_age_seconds",
            "Time since the last successful run in this process, or since its start, in seconds.",
            labels=["job"],
        )
        for job in sorted({*started, *succeeded}):
            current.add_metric([job], now - started[job] if job in started else 0)
            if job in succeeded:
                age.add_metric([job], now - succeeded[job])
        yield from (current, age)


class Pools(Collector):
    """Database connections of this process by purpose."""

    def __init__(self) -> None:
        self._pools: dict[str, Callable[[], tuple[int, int] | None]] = {}

    def watch(self, purpose: str, count: Callable[[], tuple[int, int] | None]) -> None:
        """Report a pool; `count` returns connections in use and the maximum, None at its end."""
        self._pools[purpose] = count

    def collect(self) -> Iterator[Metric]:
        """Connections in use, and their limit."""
        used = GaugeMetricFamily(
            "samestory_database_connections_in_use",
            "Database connections in use, by purpose.",
            labels=["purpose"],
        )
        limit = GaugeMetricFamily(
            "samestory_database_connections_limit",
            "Maximum database connections, by purpose.",
            labels=["purpose"],
        )
        for purpose, count in sorted(self._pools.items()):
            if number := count():
                used.add_metric([purpose], number[0])
                limit.add_metric([purpose], number[1])
        yield from (used, limit)


JOBS = JobStates()
POOLS = Pools()
REGISTRY.register(JOBS)
REGISTRY.register(POOLS)
