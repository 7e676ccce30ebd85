"""Health checks and metrics, with and without a database."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from service.domain.subscribers.alert_conditions import parse_conditions
from service.domain.subscribers.digests.editions import Digest
from service.domain.subscribers.digests.schedule import DueDate
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from service.store.subscribers import alerts, deliveries, editions, subscribers
from service.store.subscribers.email_stats import load_daily_outcomes
from service.web.probes import Probe
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import MEETING, WORLD_NOW
from tests.support.content.subscribers import subscribe
from tests.support.servers.site import Site, serving


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    """A server over the sample content."""
    with sessions.begin() as session:
        fill(session)
    with serving(sessions, clock=lambda: WORLD_NOW) as running:
        yield running


@pytest.fixture
def site_without_database() -> Iterator[Site]:
    """A server whose database is unreachable."""
    engine = schema.make_engine("postgresql://someone:hunter2@127.0.0.1:1/nowhere")
    with serving(make_sessions(engine)) as running:
        yield running
    engine.dispose()


def test_healthz_and_readyz(site: Site) -> None:
    assert site.get("/healthz").json == {"status": "up"}
    assert site.get("/readyz").json["status"] == "ready"


def test_readyz_returns_503_at_another_schema_revision(engine: Engine, site: Site) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    response = site.get("/readyz")
    assert response.status == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert "upgrade samestory" in response.json["detail"]


def test_without_a_database_only_healthz_succeeds(site_without_database: Site) -> None:
    assert site_without_database.get("/healthz").status == 200
    for path in ("/readyz", "/v1/stories", "/v1/feeds"):
        response = site_without_database.get(path)
        assert response.status == 503
        assert response.headers["retry-after"] == "5"
        assert response.json["type"] == "urn:samestory:problem:unavailable"
        assert "127.0.0.1" not in response.text
    assert "Temporarily unavailable" in site_without_database.page("/").text
    assert "samestory_database_up 0.0" in site_without_database.get("/metrics").text


def test_metrics_of_the_database_and_jobs(site: Site) -> None:
    metrics = site.get("/metrics").text
    assert "samestory_database_up 1.0" in metrics
    assert "samestory_articles 28.0" in metrics
    assert "samestory_open_stories 7.0" in metrics
    assert 'samestory_feeds{status="retired"} 1.0' in metrics
    assert "samestory_feeds_failing 1.0" in metrics
    assert 'samestory_job_last_run_age_seconds{job="place"} 178.0' in metrics
    assert 'samestory_job_last_run_seconds{job="place"} 2.0' in metrics


def test_requests_are_counted_by_route_template(site: Site) -> None:
    for path in (f"/v1/stories/{MEETING}", "/v1/stories/nobody", "/anything", "/at-all"):
        site.get(path)
    site.get("/", method="BREW")
    metrics = site.get("/metrics").text
    route = 'method="GET",route="/v1/stories/{story_id}"'
    assert f'samestory_http_requests_total{{{route},status="200"}} 1.0' in metrics
    assert f'samestory_http_requests_total{{{route},status="404"}} 1.0' in metrics
    assert 'method="GET",route="other",status="404"} 2.0' in metrics
    assert f"samestory_http_request_seconds_count{{{route}}} 2.0" in metrics
    assert "BREW" not in metrics
    assert MEETING not in metrics


def test_metrics_of_emails(sessions: Sessions, site: Site) -> None:
    [ann, bob] = subscribe(sessions, "ann@x.example", "bob@x.example")
    now = WORLD_NOW
    with sessions.begin() as session:
        subscribers.stop(session, bob.id, "bounced", now=now, bounced=True)
        alerts.add(session, ann.id, parse_conditions(words="ferry"), now=now)
        due = DueDate(now.date(), now)
        number = editions.add(session, ann.id, due, Digest(), now=now, late=False, send=True)
        assert number is not None
        delivery = deliveries.start_attempt(
            session, number, "<1@x.example>", owner="", duration=timedelta(0), now=now
        )
        assert delivery is not None
        deliveries.mark_sent(session, delivery, late=True, size=5000, now=now)
        editions.add(session, bob.id, due, Digest(), now=now, late=False)
        [edition] = load_daily_outcomes(session, since=now.date())
    assert edition.local_date == now.date()
    outcome = edition.outcome
    assert (outcome.emails, outcome.sent, outcome.late, outcome.empty) == (1, 1, 1, 1)
    assert (outcome.mean_bytes, outcome.max_bytes, outcome.failed) == (5000, 5000, 0)
    metrics = site.get("/metrics").text
    for line in (
        'samestory_subscribers{state="active"} 1.0',
        'samestory_subscribers{state="bounced"} 1.0',
        "samestory_alerts 1.0",
        'samestory_emails{kind="digest",state="sent"} 1.0',
        'samestory_emails{kind="digest",state="empty"} 1.0',
        'samestory_emails_late{kind="digest"} 1.0',
        'samestory_emails_max_bytes{kind="digest"} 5000.0',
    ):
        assert line in metrics


def test_check_that_fails_after_its_deadline_logs_nothing() -> None:
    release = threading.Event()

    def fail_late() -> None:
        release.wait(5)
        raise OSError("too late")

    async def run() -> bool:
        probe = Probe(fail_late, 0.01)
        with pytest.raises(TimeoutError):
            await probe.result()
        release.set()
        task = probe._running
        assert task is not None
        await asyncio.wait([task])
        return task._log_traceback  # asyncio logs the error of such a task

    assert asyncio.run(run()) is False
