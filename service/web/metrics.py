"""Prometheus metrics: HTTP requests, the process, and gauges of the database at each scrape."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from service.store.database.connections.engines import make_limited_engine, state_of
from service.store.database.connections.limits import METRICS_LIMITS
from service.store.database.sessions import make_sessions
from service.telemetry import process
from service.web.dependencies import Clock
from service.web.probes import Probe
from service.web.store_collector import StoreCollector

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


class Metrics:
    """Metrics of one application, in its own registry."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        """`engine` is that of the application; the metrics get connections of their own."""
        self.registry = CollectorRegistry()
        limited = make_limited_engine(engine.url, METRICS_LIMITS, state_of(engine))
        self._store = StoreCollector(make_sessions(limited), clock)
        store = CollectorRegistry()
        store.register(self._store)
        self.probe = Probe(lambda: generate_latest(store), DEADLINE)
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

    def generate(self) -> bytes:
        """Metrics of the process in text form; needs no database."""
        return generate_latest(self.registry) + generate_latest(process.REGISTRY)

    def generate_last_known(self) -> bytes:
        """Metrics in place of those of the database, if it does not respond."""
        registry = CollectorRegistry()
        registry.register(_LastKnown(self._store))
        return generate_latest(registry)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; unknown methods share one label, because clients can invent them."""
        method = method if method in METHODS else "other"
        self._requests.labels(method, route, status).inc()
        self._latency.labels(method, route).observe(seconds)


class _LastKnown(Collector):
    def __init__(self, store: StoreCollector) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        yield from self._store.collect_last_known()


@router.get("/metrics", response_class=Response, responses=METRICS_RESPONSES)
async def metrics(request: Request) -> Response:
    """Get metrics in the Prometheus text format, within five seconds.

    Metrics of the process are complete even if the database does not respond.
    """
    application_metrics: Metrics = request.app.state.metrics
    try:
        store = await application_metrics.probe.result()
    except TimeoutError:
        store = application_metrics.generate_last_known()
    return Response(application_metrics.generate() + store, media_type=CONTENT_TYPE_LATEST)
