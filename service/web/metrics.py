"""Prometheus metrics: HTTP requests, and gauges read from the database at each scrape."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from service.store.database.connections.engines import make_limited_engine, state_of
from service.store.database.connections.limits import METRICS_LIMITS
from service.store.database.sessions import Sessions, make_sessions
from service.store.runs.views import RunView
from service.store.story_views.store_metrics import StoreMetrics, collect_metrics
from service.store.subscribers.email_stats import MailStats, mail_stats
from service.web.dependencies import Clock
from service.web.probes import Probe
from service.web.requests.problems import unavailable

router = APIRouter(tags=["health"])
EXAMPLE = "# HELP samestory_articles Stored articles.\n# TYPE samestory_articles gauge\n…"
METRICS_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Metrics, one per line.",
        "content": {CONTENT_TYPE_LATEST: {"schema": {"type": "string"}, "example": EXAMPLE}},
    }
}

#: Seconds within which `/metrics` responds.
DEADLINE = 5.0
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
Families = Iterator[GaugeMetricFamily]


class Metrics:
    """Metrics of one application, in its own registry."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        """`engine` is that of the application; the metrics get connections of their own."""
        self.registry = CollectorRegistry()
        limited = make_limited_engine(engine.url, METRICS_LIMITS, state_of(engine))
        self.registry.register(StoreCollector(make_sessions(limited), clock))
        self.probe = Probe(lambda: generate_latest(self.registry), DEADLINE)
        self._requests = Counter(
            "samestory_http_requests",
            "HTTP requests.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._latency = Histogram(
            "samestory_http_request_seconds",
            "Duration of HTTP requests until the response was sent, in seconds.",
            ["method", "route"],
            registry=self.registry,
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; unknown methods share one label, because clients can invent them."""
        method = method if method in METHODS else "other"
        self._requests.labels(method, route, status).inc()
        self._latency.labels(method, route).observe(seconds)


class StoreCollector(Collector):
    """Reads the database at each scrape; without it, only `samestory_database_up 0` is reported."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    def describe(self) -> Families:
        """Nothing, so that registration does not query the database."""
        return iter(())

    def collect(self) -> Families:
        """Current metrics of the database."""
        try:
            with self._sessions() as session:
                store = collect_metrics(session, now=self._clock())
                mail = mail_stats(session, since=self._clock() - timedelta(days=1))
        except SQLAlchemyError:
            yield _gauge("database_up", "Whether the database is reachable (1) or not (0).", 0)
            return
        yield _gauge("database_up", "Whether the database is reachable (1) or not (0).", 1)
        yield from _store_metrics(store)
        yield from _webhook_metrics(store)
        yield from _job_metrics(store.runs, self._clock().timestamp())
        yield from _mail_metrics(mail)


@router.get("/metrics", response_class=Response, responses=METRICS_RESPONSES)
async def metrics(request: Request) -> Response:
    """Get metrics in the Prometheus text format, within five seconds."""
    application_metrics: Metrics = request.app.state.metrics
    try:
        return Response(await application_metrics.probe.result(), media_type=CONTENT_TYPE_LATEST)
    except TimeoutError:
        return unavailable(request)


def _store_metrics(store: StoreMetrics) -> Families:
    yield _gauge("articles", "Stored articles.", store.articles)
    yield _gauge("open_stories", "Open stories.", store.stories.get("open", 0))
    by_status = dict.fromkeys(("active", "paused", "retired"), 0) | store.feeds
    yield _gauges("feeds", "Feeds by status.", "status", by_status)
    yield _gauge("feeds_failing", "Active feeds whose last fetch failed.", store.feeds_failing)
    ratios = {
        "run": store.churn.run,
        "day": store.churn.period,
        "day_stable": store.churn.late,
    }
    yield _gauges(
        "churn_ratio",
        "Share of the window's articles that reconcile moved to another story: mean per run, per "
        "day, and per day for stable articles (older than hysteresis.min_age_hours).",
        "per",
        ratios,
    )


def _webhook_metrics(store: StoreMetrics) -> Families:
    by_state = dict.fromkeys(("active", "paused"), 0) | store.webhooks
    yield _gauges("webhooks", "Webhooks by state.", "state", by_state)
    yield _gauge(
        "webhook_changes_pending",
        "Story changes not yet delivered to active webhooks.",
        store.changes_pending,
    )
    yield _gauge(
        "webhook_stories_failed",
        "Stories whose last delivery to an active webhook failed.",
        store.blocked_stories,
    )


def _job_metrics(runs: tuple[RunView, ...], now: float) -> Families:
    ends = {run.job: run.started_at.timestamp() + (run.seconds or 0) for run in runs}
    ages = {job: max(now - end, 0) for job, end in ends.items()}
    yield _gauges(
        "job_last_run_age_seconds", "Seconds since the end of the last run, by job.", "job", ages
    )
    durations = {run.job: run.seconds or 0 for run in runs}
    yield _gauges(
        "job_last_run_seconds", "Duration of the last run in seconds, by job.", "job", durations
    )
    failed = {run.job: float(run.outcome == "failed") for run in runs}
    yield _gauges(
        "job_last_run_failed", "Whether the last run failed (1) or not (0), by job.", "job", failed
    )


def _mail_metrics(mail: MailStats) -> Families:
    """Subscribers, alerts, and emails of the last 24 hours by kind (digest, alert) and state."""
    by_state = dict.fromkeys(("pending", "active", "stopped", "bounced"), 0) | mail.subscribers
    yield _gauges("subscribers", "Subscribers by state.", "state", by_state)
    yield _gauge("alerts", "Active alerts.", mail.alerts)
    states = GaugeMetricFamily(
        "samestory_emails",
        "Emails of the last 24 hours by kind and state.",
        labels=["kind", "state"],
    )
    for each in mail.outcomes:
        for state in ("sent", "waiting", "failed", "empty", "deferred"):
            states.add_metric([each.kind, state], getattr(each, state))
    yield states
    for name, text in (
        ("late", "Emails of the last 24 hours that were sent late, with an apology."),
        (
            "doubtful",
            "Emails of the last 24 hours whose delivery is unknown: the mail server did not reply.",
        ),
        ("mean_stories", "Mean number of stories per email of the last 24 hours."),
        ("mean_bytes", "Mean size of the emails sent in the last 24 hours, in bytes."),
        ("max_bytes", "Size of the largest email sent in the last 24 hours, in bytes."),
    ):
        values = {each.kind: float(getattr(each, name)) for each in mail.outcomes}
        yield _gauges(f"emails_{name}", text, "kind", values)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"samestory_{name}", text, value=value)


def _gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"samestory_{name}", text, labels=[label])
    for label_value, value in sorted(values.items()):
        family.add_metric([label_value], value)
    return family
