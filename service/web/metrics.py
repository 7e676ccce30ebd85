"""Figures for Prometheus: of the requests, and of the store at the time of asking."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from service.store.database.run_views import RunView
from service.store.database.sessions import Sessions
from service.store.story_views.figures import Figures, current_figures
from service.store.subscribers.email_stats import MailFigures, mail_figures
from service.web.dependencies import Clock

router = APIRouter(tags=["health"])
EXAMPLE = "# HELP samestory_articles Articles stored.\n# TYPE samestory_articles gauge\n…"
WRITTEN: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Figures, one a line.",
        "content": {CONTENT_TYPE_LATEST: {"schema": {"type": "string"}, "example": EXAMPLE}},
    }
}

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
Families = Iterator[GaugeMetricFamily]


class Metrics:
    """One application's figures, in a registry of its own."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(StoreCollector(sessions, clock))
        self._requests = Counter(
            "samestory_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._latency = Histogram(
            "samestory_http_request_seconds",
            "Time until the answer was sent.",
            ["method", "route"],
            registry=self.registry,
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; unknown methods share one label, for anybody can make them up."""
        method = method if method in METHODS else "other"
        self._requests.labels(method, route, status).inc()
        self._latency.labels(method, route).observe(seconds)


class StoreCollector(Collector):
    """Reads the store whenever it is asked; says `samestory_database_up 0` if that fails."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    def describe(self) -> Families:
        """Nothing, so that registering it asks no database."""
        return iter(())

    def collect(self) -> Families:
        """The figures of this moment."""
        try:
            with self._sessions() as session:
                figures = current_figures(session, now=self._clock())
                mail = mail_figures(session, since=self._clock() - timedelta(days=1))
        except SQLAlchemyError:
            yield _gauge("database_up", "Whether the database answers.", 0)
            return
        yield _gauge("database_up", "Whether the database answers.", 1)
        yield from _of_store(figures)
        yield from _of_webhooks(figures)
        yield from _of_jobs(figures.runs, self._clock().timestamp())
        yield from _of_mail(mail)


@router.get("/metrics", response_class=Response, responses=WRITTEN)
def metrics(request: Request) -> Response:
    """Figures in Prometheus' text format."""
    figures: Metrics = request.app.state.metrics
    return Response(generate_latest(figures.registry), media_type=CONTENT_TYPE_LATEST)


def _of_store(figures: Figures) -> Families:
    yield _gauge("articles", "Articles stored.", figures.articles)
    yield _gauge("open_stories", "Stories that still grow.", figures.stories.get("open", 0))
    by_status = dict.fromkeys(("active", "paused", "retired"), 0) | figures.feeds
    yield _gauges("feeds", "Feeds by status.", "status", by_status)
    yield _gauge("feeds_failing", "Active feeds whose last fetch failed.", figures.feeds_failing)
    shares = {
        "run": figures.churn.run,
        "day": figures.churn.period,
        "day_settled": figures.churn.late,
    }
    yield _gauges(
        "churn_ratio", "Share of the window's articles that changed story.", "per", shares
    )


def _of_webhooks(figures: Figures) -> Families:
    by_state = dict.fromkeys(("active", "paused"), 0) | figures.webhooks
    yield _gauges("webhooks", "Webhooks by state.", "state", by_state)
    yield _gauge(
        "webhook_changes_pending",
        "Changes not yet told to active webhooks.",
        figures.changes_pending,
    )
    yield _gauge(
        "webhook_stories_failed",
        "Stories whose last delivery to an active webhook failed.",
        figures.stories_held,
    )


def _of_jobs(runs: tuple[RunView, ...], now: float) -> Families:
    ends = {run.job: run.started_at.timestamp() + (run.seconds or 0) for run in runs}
    ages = {job: max(now - end, 0) for job, end in ends.items()}
    yield _gauges("job_last_run_age_seconds", "Time since a job last ended.", "job", ages)
    durations = {run.job: run.seconds or 0 for run in runs}
    yield _gauges("job_last_run_seconds", "How long a job's last run took.", "job", durations)
    failed = {run.job: float(run.outcome == "failed") for run in runs}
    yield _gauges("job_last_run_failed", "Whether a job's last run failed.", "job", failed)


def _of_mail(figures: MailFigures) -> Families:
    """Emails made in the last 24 hours, by kind (digest, notice) and by what became of them."""
    by_state = dict.fromkeys(("pending", "active", "stopped", "bounced"), 0) | figures.subscribers
    yield _gauges("subscribers", "Subscribers by state.", "state", by_state)
    yield _gauge("alerts", "Alerts that are looked at.", figures.alerts)
    states = GaugeMetricFamily(
        "samestory_emails",
        "Emails made in 24 hours, by what became of them.",
        labels=["kind", "state"],
    )
    for each in figures.outcomes:
        for state in ("sent", "waiting", "failed", "empty", "folded"):
            states.add_metric([each.kind, state], getattr(each, state))
    yield states
    for name, text in (
        ("late", "Emails of 24 hours that said that they came late."),
        ("doubtful", "Attempts of 24 hours that may have arrived, without an answer."),
        ("mean_cards", "Stories in an email of 24 hours, on average."),
        ("mean_bytes", "Bytes of an email sent in 24 hours, on average."),
        ("most_bytes", "Bytes of the largest email sent in 24 hours."),
    ):
        values = {each.kind: float(getattr(each, name)) for each in figures.outcomes}
        yield _gauges(f"emails_{name}", text, "kind", values)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"samestory_{name}", text, value=value)


def _gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"samestory_{name}", text, labels=[label])
    for word, value in sorted(values.items()):
        family.add_metric([word], value)
    return family
