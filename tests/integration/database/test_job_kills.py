"""The jobs, killed at any moment or run by two processes at once: nothing is lost or done twice."""

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.sharedctypes import Synchronized

import pytest
from sqlalchemy import event, select, text

from jobs.describe import describe
from jobs.running.context import Context
from jobs.running.runner import Job, run_job
from jobs.running.schedule import build_schedule
from service.commands.demo.samples import PIPELINE, allow_loopback
from service.commands.running.models import load_pair_model
from service.domain.catalogue.outlets import Outlet
from service.settings import load as settings_module
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from service.store.database import locks, schema
from service.store.database.sessions import Sessions, make_sessions
from service.store.editing import actions, audit_log
from service.store.editing.actions import EditorAction
from service.store.editing.undo import undo
from service.store.stories import apply_plan, stories
from service.store.stories.stories import Stamp
from service.store.tables import StoryRow
from tests.integration.conftest import NOW
from tests.support.content.admitted_reports import report
from tests.support.content.feed_reports import item, rss
from tests.support.database import invariants
from tests.support.encoders import WordEncoder
from tests.support.servers.feed_server import FeedServer, reply

pytestmark = pytest.mark.slow

FEEDS = 5
EVENTS_A_WAVE = 4
KILLS = 50
#: A wave of news comes every so many hours: all feeds are due again.
HOURS = 25

#: What a run left: canonical URLs by story.
Partition = set[frozenset[str]]


@dataclass(slots=True)
class News:
    """Feeds on loopback to which each wave adds events."""

    server: FeedServer
    items: list[list[str]] = field(default_factory=lambda: [[] for _ in range(FEEDS)])
    events: Iterator[int] = field(default_factory=count)

    def wave(self, at: datetime) -> None:
        for number in (next(self.events) for _ in range(EVENTS_A_WAVE)):
            for feed, items in enumerate(self.items):
                told = report(number, feed)
                items.append(item(f"{number}", told, at, host=f"o{feed}.example"))
        for feed, items in enumerate(self.items):
            self.server.routes[f"/{feed}"] = reply(rss(items))

    def subscribe(self, sessions: Sessions) -> None:
        outlets = [Outlet(f"o{n}", f"O{n}", sites=(f"o{n}.example",)) for n in range(FEEDS)]
        new_feeds = [NewFeed(self.server.url(f"/{n}"), f"o{n}", f"{n}") for n in range(FEEDS)]
        with sessions.begin() as session:
            feeds.save_outlets(session, outlets)
            feeds.add_feeds(session, new_feeds, now=NOW)


def world(url: str, now: datetime) -> Context:
    settings = allow_loopback(settings_module.load({}))
    settings = replace(settings, parse=replace(settings.parse, workers=1))  # quick to start
    engine, encoder = schema.make_engine(url), WordEncoder()
    model = load_pair_model().with_window(settings.window.reach)
    return Context(engine, make_sessions(engine), settings, lambda: now, lambda: encoder, model)


def pipeline(context: Context) -> list[Job]:
    jobs = {job.name: job for job in build_schedule(context.settings.schedule)}
    return [jobs[name] for name in PIPELINE]


def run_all(url: str, now: datetime, deadly: int, count: "Synchronized[int]") -> None:
    """An editor and every job once; the process kills itself at statement `deadly`, if it comes.

    Counts statements, commits among them. Jobs wait for what a killed run still holds on the
    server; the editor first undoes what a killed one left.
    """
    context = world(url, now)

    def step(*_: object) -> None:
        count.value += 1
        if count.value == deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(context.engine, "before_cursor_execute", step)
    event.listen(context.engine, "commit", step)
    undo_all(context)
    merge_two(context)
    undo_all(context)
    for job in pipeline(context):
        while run_job(job, context) is None:
            time.sleep(0.02)
    context.engine.dispose()


def merge_two(context: Context) -> None:
    """As an editor, merge the two newest stories."""
    newest = (
        select(StoryRow.id).where(StoryRow.state == "open").order_by(StoryRow.emerged_at.desc())
    )
    with context.sessions.begin() as session:
        found = list(session.scalars(newest.limit(2)))
        if len(found) > 1:
            actions.merge(session, editor(context), found)


def undo_all(context: Context) -> None:
    """As an editor, undo everything that stands, one transaction each."""
    with context.sessions.begin() as session:
        standing = audit_log.list_decisions(session, all_of_them=False)
    for decision in standing:
        with context.sessions.begin() as session:
            undo(session, editor(context), decision.id)


def editor(context: Context) -> EditorAction:
    return EditorAction("ann", "", context.clock(), context.clock())


def functions_again_and_again(url: str, now: datetime, rounds: int) -> None:
    """Every job's function, without the lock that would keep the other process out."""
    context = world(url, now)
    rng = random.Random(f"{multiprocessing.current_process().name}")
    for _ in range(rounds):
        jobs = pipeline(context)
        rng.shuffle(jobs)
        for job in jobs:
            job.function(context)
    context.engine.dispose()


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Starts processes that need not import everything anew."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload([__name__])
    return found


def started(
    processes: ForkServerContext, target: Callable[..., None], *arguments: object, name: str = ""
) -> ForkServerProcess:
    process = processes.Process(target=target, args=arguments, name=name or None)
    process.start()
    return process


def finish(process: ForkServerProcess) -> None:
    process.join(120)
    assert process.exitcode == 0


def check(sessions: Sessions) -> Partition:
    """What must hold whatever happened; the articles of each story that is left."""
    with sessions.begin() as session:
        urls = session.scalars(text("SELECT url FROM articles")).all()
        assert max(Counter(urls).values()) == 1
        assert session.scalar(text("SELECT count(*) FROM article_urls")) == len(urls)
        rows = session.execute(
            text(
                "SELECT a.url, m.story_id, s.state FROM articles a "
                "LEFT JOIN memberships m ON m.article_id = a.id AND m.valid_until IS NULL "
                "LEFT JOIN stories s ON s.id = m.story_id"
            )
        ).all()
        assert len(rows) == len(urls)
        assert {state for *_, state in rows} <= {"open", "closed"}
        empty = text(
            "SELECT id FROM stories s WHERE state <> 'merged' AND NOT EXISTS "
            "(SELECT FROM memberships m WHERE m.story_id = s.id AND m.valid_until IS NULL)"
        )
        assert session.scalars(empty).all() == []
        outdated = "SELECT id FROM stories WHERE described_at < changed_at AND state <> 'merged'"
        assert session.scalars(text(outdated)).all() == []
        invariants.check(session)
        running = text("SELECT job FROM runs WHERE outcome = 'running'")
        assert session.scalars(running).all() == []
    stories: dict[str, set[str]] = {}
    for url, story, _ in rows:
        stories.setdefault(story, set()).add(url)
    return {frozenset(found) for found in stories.values()}


def wanted(waves: int) -> Partition:
    events = range(waves * EVENTS_A_WAVE)
    return {
        frozenset(f"https://o{feed}.example/{event}" for feed in range(FEEDS)) for event in events
    }


def run_through(processes: ForkServerContext, url: str, now: datetime) -> int:
    """Run everything, unharmed; how many statements that took."""
    count = processes.Value("i", 0)
    finish(started(processes, run_all, url, now, 0, count))
    return int(count.value)


def test_killed_at_any_statement_the_next_run_makes_up_for_it(
    processes: ForkServerContext, database_url: str, sessions: Sessions, feed_server: FeedServer
):
    news, now, rng = News(feed_server), NOW, random.Random(7)
    news.subscribe(sessions)
    waves = killed = usual = 0
    done = True
    while killed < KILLS:
        if done:
            now += timedelta(hours=HOURS)
            news.wave(now)
            waves += 1
            usual = usual or run_through(processes, database_url, now)
        count = processes.Value("i", 0)
        process = started(processes, run_all, database_url, now, rng.randint(1, usual), count)
        process.join(120)
        done = process.exitcode == 0
        killed += process.exitcode == -signal.SIGKILL
        assert done or process.exitcode == -signal.SIGKILL
    run_through(processes, database_url, now)
    assert check(sessions) == wanted(waves)


def test_two_processes_at_once_lose_nothing(
    processes: ForkServerContext, database_url: str, sessions: Sessions, feed_server: FeedServer
):
    news, now = News(feed_server), NOW
    news.subscribe(sessions)
    for _ in range(3):
        news.wave(now)
        both = [
            started(processes, functions_again_and_again, database_url, now, 3, name=name)
            for name in ("one", "other")
        ]
        for process in both:
            finish(process)
        now += timedelta(hours=HOURS)
    run_through(processes, database_url, now)
    assert check(sessions) == wanted(3)


def test_describing_and_changing_stories_do_not_wait_for_each_other(
    context: Context, feed_server: FeedServer
):
    news = News(feed_server)
    news.subscribe(context.sessions)
    news.wave(NOW)
    for job in pipeline(context)[:4]:
        run_job(job, context)
    with ThreadPoolExecutor(1) as pool:
        with context.sessions.begin() as session:
            locks.lock_until_commit(session, apply_plan.LOCK)
            first, *_, last = session.scalars(select(StoryRow.id).order_by(StoryRow.id))
            stamp = Stamp(NOW, "place", None)
            stories.mark_changed(session, [last], stamp)
            describing = pool.submit(describe, context)
            time.sleep(0.5)
            stories.mark_changed(session, [first], stamp)
        assert describing.result(20) == {"stories": EVENTS_A_WAVE}
