"""Two daemons whose lock connections are terminated at random: nothing is delivered twice."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from jobs.running.context import Context
from jobs.running.run_locks import open_run_locks
from jobs.running.runner import Job, run_job_logged
from jobs.sending.alerts import alerts
from jobs.sending.digest import digest
from jobs.sending.webhooks import webhooks
from service.commands.running.times import utc_now
from service.domain.subscribers.alert_conditions import parse_conditions
from service.domain.webhooks.event_filter import EventFilter
from service.store.database.sessions import Sessions
from service.store.subscribers import alerts as store
from service.store.webhooks import webhooks as hooks
from tests.integration.conftest import Clock, make_context
from tests.integration.webhooks.test_job_webhooks import add_transitions
from tests.support.content.subscribers import DUE, report_news, subscribe, with_mail
from tests.support.database.rows import NOW
from tests.support.servers.mail_server import MailServer
from tests.support.servers.webhook_receiver import Delivery, WebhookReceiver, deliver_to_loopback

pytestmark = pytest.mark.slow

READERS, DAYS, TERMINATIONS = 3, 5, 3
JOBS = {"digest": Job("digest", 60, 600, digest), "alerts": Job("alerts", 60, 600, alerts)}
WEBHOOKS = Job("webhooks", 5, 600, webhooks)
#: Ends the connections that have a session lock, as a failover or an administrator would.
TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_locks
WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted AND pid <> pg_backend_pid()
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@contextmanager
def two_daemons(job: Job, context: Context) -> Iterator[None]:
    """Run a job again and again in two threads, as two daemons would."""
    stop = threading.Event()

    def run() -> None:
        with open_run_locks(context.engine, context.settings.runs) as run_locks:
            while not stop.is_set():
                run_job_logged(job, context, run_locks)
                time.sleep(0.01)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)


def terminate_locks(engine: Engine, received: Sized, expected: int) -> None:
    """Terminate `TERMINATIONS` lock connections or more, at random moments, until all is sent."""
    rng, count, deadline = random.Random(17), 0, time.monotonic() + 60
    while (len(received) < expected or count < TERMINATIONS) and time.monotonic() < deadline:
        time.sleep(rng.uniform(0.01, 0.15))
        with engine.begin() as connection:
            count += connection.scalar(text(TERMINATE)) or 0
    assert len(received) >= expected
    assert count >= TERMINATIONS


@pytest.mark.parametrize("name", JOBS)
def test_no_email_is_delivered_twice(engine: Engine, sessions: Sessions, name: str):
    readers = subscribe(sessions, *(f"r{n}@x.example" for n in range(READERS)))
    with sessions.begin() as session:
        for each in readers:
            store.add(
                session, each.id, parse_conditions(min_independent=2), now=each.schedule_since
            )
    clock, expected = Clock(DUE), READERS * DAYS
    with MailServer(delay=0.2) as mail:
        context = with_mail(make_context(engine, clock), mail.port)
        for day in range(DAYS):
            clock.now = DUE + timedelta(days=day)
            report_news(sessions, clock.now - timedelta(minutes=30))
            with two_daemons(JOBS[name], context):
                terminate_locks(engine, mail.received, READERS * (day + 1))
    assert Counter(Counter((to, m["Message-ID"]) for to, m in mail.received).values()) == {
        1: expected
    }
    with sessions.begin() as session:
        assert list(session.scalars(text("SELECT DISTINCT state FROM editions"))) == ["sent"]
        states = list(session.scalars(text("SELECT DISTINCT state FROM deliveries")))
    assert states == ["sent"]


def test_no_webhook_delivery_is_sent_twice(engine: Engine, sessions: Sessions):
    def slow(_: Delivery) -> float:
        time.sleep(0.1)
        return 204

    context = deliver_to_loopback(make_context(engine, utc_now), concurrency=3)
    stories = [f"story-{number}" for number in range(10)]
    with WebhookReceiver() as receiver:
        receiver.status_for = slow
        with sessions.begin() as session:
            hooks.add(session, receiver.url, EventFilter(), now=NOW)
        for _ in range(4):
            add_transitions(sessions, *stories)
        expected = 5 * len(stories)  # with the first transition of each story
        with two_daemons(WEBHOOKS, context):
            terminate_locks(engine, receiver.accepted, expected)
    repeated: dict[str, Any] = Counter(each.headers["webhook-id"] for each in receiver.requests)
    assert Counter(repeated.values()) == {1: expected}
