"""Prometheus gauges that are read from the database at each scrape."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from service.store.database.sessions import Sessions
from service.store.runs.status import CurrentRun
from service.store.runs.views import RunView
from service.store.story_views.store_metrics import StoreMetrics, collect_metrics
from service.store.subscribers.email_stats import MailStats, mail_stats
from service.web.dependencies import Clock

Families = Iterator[GaugeMetricFamily]


class StoreCollector(Collector):
    """Reads the database at each scrape.

    Without it, `samestory_database_up 0` and the ages of the last known runs are reported.
    """

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock
        self._last_runs: tuple[RunView, ...] = ()

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
            yield from self.collect_last_known()
            return
        self._last_runs = store.runs
        yield _database_up(1)
        yield from _store_metrics(store)
        yield from _webhook_metrics(store)
        yield from _job_metrics(store.runs, self._clock().timestamp())
        yield from _run_metrics(store.current_runs)
        yield from _queue_metrics(store)
        yield from _mail_metrics(mail)

    def collect_last_known(self) -> Families:
        """Samples without the database: the runs of the last scrape, which age."""
        yield _database_up(0)
        yield from _job_metrics(self._last_runs, self._clock().timestamp())


def _database_up(value: int) -> GaugeMetricFamily:
    return _gauge("database_up", "Whether the database is reachable (1) or not (0).", value)


def _run_metrics(runs: tuple[CurrentRun, ...]) -> Families:
    ages = {run.job: run.age for run in runs}
    yield _gauges(
        "job_current_run_seconds", "Age of the run in progress in any process, by job.", "job", ages
    )
    silences = {run.job: run.silence for run in runs if run.silence is not None}
    yield _gauges(
        "job_heartbeat_age_seconds",
        "Time since the last heartbeat of the run in progress, by job.",
        "job",
        silences,
    )


def _queue_metrics(store: StoreMetrics) -> Families:
    yield _gauges(
        "queue_length",
        "What waits for a job: due feeds; articles for a vector or a story, and for reconcile; "
        "changed stories for describe; emails.",
        "queue",
        {name: queue.length for name, queue in store.queues.items()},
    )
    yield _gauges(
        "queue_oldest_seconds",
        "Time that the oldest entry of the queue has waited, in seconds; 0 without one.",
        "queue",
        {name: queue.oldest for name, queue in store.queues.items()},
    )
    change = store.reembedding
    yield _gauges(
        "reembedding_articles",
        "Articles during a change of the embedding model: with a vector of the new model, and all "
        "that need one. 0 without a change.",
        "state",
        {"encoded": change.encoded if change else 0, "total": change.total if change else 0},
    )
    yield _gauge("maintenance", "Whether maintenance mode is on (1) or off (0).", store.maintenance)


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
