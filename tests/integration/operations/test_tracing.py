"""Traces: feed to story, request to SQL, ids in logs; nothing without the setting."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import DBAPIError

from jobs.running.context import Context
from jobs.running.runner import run_job
from jobs.running.schedule import build_schedule
from service.domain.catalogue.outlets import Outlet
from service.settings import load as settings_module
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from service.store.database.connections import traced
from service.store.tables import ArticleRow
from service.telemetry import tracing
from tests.integration.conftest import NOW
from tests.support.content.feed_reports import FERRY, MEETING, item, rss
from tests.support.servers.feed_server import FeedServer, reply
from tests.support.servers.site import serving
from tests.support.servers.trace_receiver import TraceReceiver


@pytest.fixture
def receiver() -> Iterator[TraceReceiver]:
    with TraceReceiver() as running:
        yield running


def attributes(span: Any) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, str(each.value.WhichOneof("value")))
        for each in span.attributes
    }


def test_traces_lead_from_feed_to_story_and_from_request_to_sql(
    context: Context, feed_server: FeedServer, receiver: TraceReceiver
):
    feed_server.routes["/feed"] = reply(rss([item("1", MEETING, NOW), item("2", FERRY, NOW)]))
    with context.sessions.begin() as session:
        feeds.save_outlets(session, [Outlet("daily", "Daily", sites=("daily.example",))])
        url = feed_server.url("/feed?key=secret")
        feed_server.routes["/feed?key=secret"] = feed_server.routes["/feed"]
        feeds.add_feeds(session, [NewFeed(url, "daily", "feed")], now=NOW)
    jobs = {job.name: job for job in build_schedule(context.settings)}
    with traced.trace_statements(), tracing.tracing(tracing.make_exporter(receiver.url)):
        for name in ("fetch", "embed", "place"):
            run_job(jobs[name], context)
        with serving(context.sessions, clock=context.clock) as site:
            response = site.get("/v1/stories?limit=7")
        with tracing.span("outside"):
            line = tracing.add_ids(None, "info", {"event": "x"})
    assert receiver.paths == {"/v1/traces"}

    runs = {name: receiver.named(f"job {name}")[0] for name in ("fetch", "embed", "place")}
    with context.sessions() as session:
        articles = list(session.scalars(select(ArticleRow.id)))
    assert len(articles) == 2
    for article in articles:
        trace_id = tracing.trace_id_of(article).to_bytes(16)
        steps = [each for each in receiver.spans if each.trace_id == trace_id]
        assert [each.name for each in steps] == ["admit", "embed", "place"]
        assert [each.links[0].trace_id for each in steps] == [
            runs[name].trace_id for name in ("fetch", "embed", "place")
        ]
    [stored] = receiver.named("store feed")
    assert stored.parent_span_id == runs["fetch"].span_id
    assert attributes(stored)["url"].endswith("/feed?key=…")

    [request] = receiver.named("request")
    assert attributes(request) == {
        "method": "GET",
        "request": response.headers["x-request-id"],
        "route": "/v1/stories",
        "status": 200,
    }
    statements = [each for each in receiver.spans if each.parent_span_id == request.span_id]
    assert "SQL SELECT" in {each.name for each in statements}
    texts = [attributes(each).get("db.statement", "") for each in receiver.spans]
    assert not [each for each in texts if "secret" in each or "daily.example" in each]
    [outside] = receiver.named("outside")
    assert line["trace_id"] == outside.trace_id.hex()
    assert line["span_id"] == outside.span_id.hex()


def test_failed_statement_has_a_span_without_parameters(context: Context, receiver: TraceReceiver):
    with (
        traced.trace_statements(),
        tracing.tracing(tracing.make_exporter(receiver.url)),
        tracing.span("run"),
        pytest.raises(DBAPIError, match="invalid input"),
        context.sessions() as session,
    ):
        session.scalar(text("SELECT CAST(:value AS integer)"), {"value": "secret"})
    [failed] = receiver.named("SQL SELECT")
    assert "secret" not in str(failed)
    assert failed.events[0].name == "exception"


def test_no_traces_by_default():
    assert tracing.make_exporter(settings_module.load({}).tracing.endpoint) is None
    with tracing.tracing(None):
        assert tracing.span("a") is tracing.span("b")
        assert tracing.start_span("a") is None
        assert tracing.add_ids(None, "info", {}) == {}
    assert not event.contains(Engine, "before_cursor_execute", traced._start)


def test_receiver_that_is_down_does_not_disturb(context: Context):
    jobs = {job.name: job for job in build_schedule(context.settings)}
    with tracing.tracing(tracing.make_exporter("http://127.0.0.1:9")):
        assert run_job(jobs["close"], context) == {}


def test_path_of_the_receiver_comes_before_its_query():
    exporter: Any = tracing.make_exporter("https://otel.example/base/?tenant=1")
    assert exporter._endpoint == "https://otel.example/base/v1/traces?tenant=1"
    exporter.shutdown()
