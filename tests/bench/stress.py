"""Stress: eight processes run all jobs and edit, without the locks of the jobs, for some time.

`make stress` runs it for ten minutes on an embedded server of its own. Deadlocks are counted by
Postgres; a worker retries what lost a race.
"""

import multiprocessing
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from multiprocessing.managers import DictProxy
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select, text

from jobs.running.context import Context
from jobs.running.schedule import build_schedule
from service.domain.subscribers.alert_conditions import parse_conditions
from service.domain.subscribers.digests.schedule import DeliverySchedule
from service.domain.webhooks.event_filter import EventFilter
from service.errors import (
    BadInputError,
    DatabaseError,
    DecisionConflictError,
    MailError,
    NotFoundError,
)
from service.store.catalogue import feeds, outlets
from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from service.store.database.errors import translate_database_errors
from service.store.editing.type_corrections import correct_type
from service.store.subscribers import alerts, subscribers
from service.store.tables import ArticleRow, DecisionRow
from service.store.webhooks import webhooks
from tests.integration.conftest import NOW, make_context
from tests.integration.database.test_four_processes import run_editor
from tests.integration.database.test_job_kills import FEEDS, News
from tests.support.content.subscribers import subscribe, with_mail
from tests.support.database import invariants
from tests.support.servers.feed_server import FeedServer
from tests.support.servers.mail_server import MailServer
from tests.support.servers.webhook_receiver import WebhookReceiver

Action = Callable[[Context, random.Random], object]

JOB_PROCESSES, EDITORS = 6, 2
#: Longest wait for the start of all processes.
START_SECONDS = 120
#: Seconds between two waves of news, and most earlier entries of a feed.
WAVE_SECONDS, FEED_ITEMS = 2.0, 40
#: Speed of the clock of the jobs.
MINUTES_PER_SECOND = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """Counts of a stress run; `actions` are runs of jobs and edits by name."""

    actions: dict[str, int]
    articles: int
    decisions: int
    retries: int  #: actions that failed because they lost a race
    deadlocks: int


def run_stress(url: str, seconds: float) -> Outcome:
    """Stress an empty, migrated database; raises AssertionError if a process or invariant fails."""
    engine = schema.make_engine(url)
    context = make_context(engine, lambda: NOW)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        feed_server = stack.enter_context(FeedServer())
        mail, receiver = stack.enter_context(MailServer()), stack.enter_context(WebhookReceiver())
        news = News(feed_server)
        news.subscribe(context.sessions)
        _add_readers(context, receiver.url)
        news.wave(NOW)
        manager = stack.enter_context(processes.Manager())
        counts, finished, started = manager.dict(), processes.Event(), time.time()
        ready = processes.Barrier(JOB_PROCESSES + EDITORS + 1)
        shared = _Shared(url, started, mail.port, ready, finished, counts)
        workers = [
            processes.Process(target=_work, args=(shared, number))
            for number in range(JOB_PROCESSES + EDITORS)
        ]
        for worker in workers:
            stack.callback(worker.kill)  # after a failure, they would run on
            worker.start()
        ready.wait(START_SECONDS)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(WAVE_SECONDS)
            for items in news.items:
                del items[:-FEED_ITEMS]
            news.wave(_clock(started))
            assert all(worker.exitcode is None for worker in workers)
        finished.set()
        for worker in workers:
            worker.join(120)
            assert worker.exitcode == 0
        total = dict(counts)
        with context.sessions.begin() as session:
            invariants.check(session)
            query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
            outcome = Outcome(
                actions={name: n for name, n in sorted(total.items()) if name != "retries"},
                articles=session.scalar(select(func.count()).select_from(ArticleRow)) or 0,
                decisions=session.scalar(select(func.count()).select_from(DecisionRow)) or 0,
                retries=total.get("retries", 0),
                deadlocks=session.scalar(text(query)) or 0,
            )
    return outcome


def _clock(started: float) -> datetime:
    return NOW + timedelta(minutes=MINUTES_PER_SECOND * (time.time() - started))


def _add_readers(context: Context, webhook: str) -> None:
    """Add subscribers with an alert and a webhook; every hour a digest is due."""
    for hour in range(24):
        schedule = DeliverySchedule(ZoneInfo("UTC"), hour, frozenset(range(1, 8)))
        [reader] = subscribe(context.sessions, f"r{hour}@x.example", schedule=schedule)
        with context.sessions.begin() as session:
            alerts.add(session, reader.id, parse_conditions(min_independent=2), now=NOW)
    with context.sessions.begin() as session:
        for row, _ in feeds.list_feeds_with_outlets(session)[:2]:
            feeds.set_full_text(session, row.id, full_text=True)
        for number in range(2):
            webhooks.add(session, f"{webhook}?{number}", EventFilter(), now=NOW)


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all workers share."""

    url: str
    started: float  #: time of the start, in seconds
    mail_port: int
    ready: Barrier
    finished: Event
    counts: "DictProxy[str, int]"


def _work(shared: _Shared, number: int) -> None:
    """Repeat random actions until `finished` is set; any unexpected error ends the process."""
    rng, done = random.Random(number), Counter[str]()
    context = _make_context(shared)
    actions = _job_actions(context) if number < JOB_PROCESSES else EDITS
    shared.ready.wait(START_SECONDS)
    while not shared.finished.is_set():
        name = rng.choice(list(actions))
        try:
            with translate_database_errors(context.engine):
                actions[name](context, rng)
        except (BadInputError, DecisionConflictError, NotFoundError, MailError):
            pass  # a concurrent change
        except DatabaseError as error:
            Console(stderr=True).print(f"{name}: {error}")
            name = "retries"
        done[name] += 1
    context.engine.dispose()
    for name, runs in done.items():
        shared.counts[name] = shared.counts.get(name, 0) + runs


def _make_context(shared: _Shared) -> Context:
    engine = schema.make_engine(shared.url)
    context = with_mail(make_context(engine, lambda: _clock(shared.started)), shared.mail_port)
    settings = replace(
        context.settings,
        parse=replace(context.settings.parse, workers=1),
        webhooks=replace(context.settings.webhooks, allow_networks=("127.0.0.0/8",)),
    )
    return replace(context, settings=settings, stop_requested=shared.finished.is_set)


def _job_actions(context: Context) -> dict[str, Action]:
    def run(function: Callable[[Context], object]) -> Action:
        return lambda own, _: function(own)

    return {job.name: run(job.function) for job in build_schedule(context.settings)}


def _edit_outlet(context: Context, rng: random.Random) -> None:
    with context.sessions.begin() as session:
        slug, country = f"o{rng.randrange(FEEDS)}", rng.choice(["GB", "FR", "DE"])
        outlets.edit_outlet(session, slug, {"country": country}, now=context.clock())


def _edit_feed(context: Context, rng: random.Random) -> None:
    with context.sessions.begin() as session:
        rows = feeds.list_feeds_with_outlets(session)
        feeds.set_full_text(session, rng.choice(rows)[0].id, full_text=rng.random() < 0.5)


def _correct_type(context: Context, rng: random.Random) -> None:
    with context.sessions.begin() as session:
        ids = list(session.scalars(select(ArticleRow.id).order_by(ArticleRow.id.desc()).limit(50)))
        if ids:
            correct_type(session, rng.choice(ids), None)


def _edit_subscriber(context: Context, rng: random.Random) -> None:
    with context.sessions.begin() as session:
        one = rng.choice(subscribers.list_all(session))
        if rng.random() < 0.5:
            subscribers.stop(session, one.id, "vacation", now=context.clock())
        else:
            subscribers.confirm(session, one.id, now=context.clock())


def _edit_webhook(context: Context, rng: random.Random) -> None:
    with context.sessions.begin() as session:
        one = rng.choice(webhooks.list_webhooks(session))
        if rng.random() < 0.5:
            webhooks.pause(session, one.id)
        else:
            webhooks.resume(session, one.id, now=context.clock())


EDITS: dict[str, Action] = {
    "decision": run_editor,
    "edit outlet": _edit_outlet,
    "edit feed": _edit_feed,
    "correct type": _correct_type,
    "edit subscriber": _edit_subscriber,
    "edit webhook": _edit_webhook,
}


def main() -> None:
    """Run the stress for the seconds of the first argument and print the counts."""
    folder = Path(tempfile.mkdtemp(prefix="samestory-stress-"))
    folder.chmod(0o755)
    server = EmbeddedServer.start(str(folder), throwaway=True)
    try:
        url = server.ensure_database("stress")
        engine = schema.make_engine(url)
        schema.upgrade(engine)
        engine.dispose()
        outcome = run_stress(url, float(sys.argv[1]))
    finally:
        server.stop()
        shutil.rmtree(folder)
    table = Table("count", "number")
    for name, number in outcome.actions.items():
        table.add_row(name, str(number))
    for name in ("articles", "decisions", "retries", "deadlocks"):
        table.add_row(name, str(getattr(outcome, name)), style="bold")
    Console().print(table)
    sys.exit(bool(outcome.deadlocks or outcome.retries))


if __name__ == "__main__":
    main()
