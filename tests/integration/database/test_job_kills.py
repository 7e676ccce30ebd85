"""Crash safety: jobs killed at any statement, or run by two processes at once, lose nothing."""

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
from service.commands.demo.samples import PIPELINE
from service.commands.running.models import load_merge_model, load_pair_model
from service.domain.catalogue.outlets import Outlet
from service.settings import load as settings_module
from service.settings.samples import for_samples
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
KILLS = 30
#: Hours between waves of news, so that all feeds are due again.
HOURS = 25

#: The result of a run: sets of canonical URLs, one per story.
Partition = set[frozenset[str]]


@dataclass(slots=True)
class News:
    """Loopback feeds; each wave adds events."""

    server: FeedServer
    items: list[list[str]] = field(default_factory=lambda: [[] for _ in range(FEEDS)])
    events: Iterator[int] = field(default_factory=count)

    def wave(self, at: datetime) -> None:
        for number in (next(self.events) for _ in range(EVENTS_A_WAVE)):
            for feed, items in enumerate(self.items):
                text = report(number, feed)
                items.append(item(f"{number}", text, at, host=f"o{feed}.example"))
        for feed, items in enumerate(self.items):
            self.server.routes[f"/{feed}"] = reply(rss(items))

    def subscribe(self, sessions: Sessions) -> None:
        outlets = [Outlet(f"o{n}", f"O{n}", sites=(f"o{n}.example",)) for n in range(FEEDS)]
        new_feeds = [NewFeed(self.server.url(f"/{n}"), f"o{n}", f"{n}") for n in range(FEEDS)]
        with sessions.begin() as session:
            feeds.save_outlets(session, outlets)
            feeds.add_feeds(session, new_feeds, now=NOW)


def make_context(url: str, now: datetime) -> Context:
    settings = for_samples(settings_module.load({}))
    settings = replace(settings, parse=replace(settings.parse, workers=1))  # starts faster
    engine, encoder = schema.make_engine(url), WordEncoder()
    model = load_pair_model().with_window(settings.window.reach)
    return Context(
        engine,
        make_sessions(engine),
        settings,
        lambda: now,
        lambda: encoder,
        model,
        load_merge_model(),
    )


def pipeline(context: Context) -> list[Job]:
    jobs = {job.name: job for job in build_schedule(context.settings)}
    return [jobs[name] for name in PIPELINE]


def run_all(url: str, now: datetime, kill_at: int, count: "Synchronized[int]") -> None:
    """Run an editor and every job once; the process kills itself at statement `kill_at`.

    Counts statements and commits. Jobs wait for locks that a killed run still has on the server;
    the editor first undoes the decisions of a killed run.
    """
    context = make_context(url, now)

    def step(*_: object) -> None:
        count.value += 1
        if count.value == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(context.engine, "before_cursor_execute", step)
    event.listen(context.engine, "commit", step)
    undo_all_decisions(context)
    merge_two(context)
    undo_all_decisions(context)
    for job in pipeline(context):
        while run_job(job, context) is None:
            time.sleep(0.02)
    context.engine.dispose()


def merge_two(context: Context) -> None:
    """Merge the two newest stories as an editor."""
    newest = (
        select(StoryRow.id).where(StoryRow.state == "open").order_by(StoryRow.emerged_at.desc())
    )
    with context.sessions.begin() as session:
        open_stories = list(session.scalars(newest.limit(2)))
        if len(open_stories) > 1:
            actions.merge(session, editor(context), open_stories)


def undo_all_decisions(context: Context) -> None:
    """Undo all active decisions, one transaction each."""
    with context.sessions.begin() as session:
        active = audit_log.list_decisions(session, include_undone=False)
    for decision in active:
        with context.sessions.begin() as session:
            undo(session, editor(context), decision.id)


def editor(context: Context) -> EditorAction:
    return EditorAction("ann", "", context.clock(), context.clock())


def run_functions_repeatedly(url: str, now: datetime, rounds: int) -> None:
    """Run every job's function without the job lock, so that processes overlap."""
    context = make_context(url, now)
    rng = random.Random(f"{multiprocessing.current_process().name}")
    for _ in range(rounds):
        jobs = pipeline(context)
        rng.shuffle(jobs)
        for job in jobs:
            job.function(context)
    context.engine.dispose()


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Fork server with preloaded imports."""
    fork_server = multiprocessing.get_context("forkserver")
    fork_server.set_forkserver_preload([__name__])
    return fork_server


def start_process(
    processes: ForkServerContext, target: Callable[..., None], *arguments: object, name: str = ""
) -> ForkServerProcess:
    process = processes.Process(target=target, args=arguments, name=name or None)
    process.start()
    return process


def finish(process: ForkServerProcess) -> None:
    process.join(120)
    assert process.exitcode == 0


def check(sessions: Sessions) -> Partition:
    """Check all invariants and return the partition of articles into stories."""
    with sessions.begin() as session:
        urls = session.scalars(text("SELECT url FROM articles")).all()
        assert max(Counter(urls).values()) == 1
        assert session.scalar(text("SELECT count(DISTINCT article_id) FROM article_keys")) == len(
            urls
        )
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
    return {frozenset(urls) for urls in stories.values()}


def expected_partition(waves: int) -> Partition:
    events = range(waves * EVENTS_A_WAVE)
    return {
        frozenset(f"https://o{feed}.example/{event}" for feed in range(FEEDS)) for event in events
    }


def run_through(processes: ForkServerContext, url: str, now: datetime) -> int:
    """Run everything without a kill; return the number of statements."""
    count = processes.Value("i", 0)
    finish(start_process(processes, run_all, url, now, 0, count))
    return int(count.value)


def test_run_after_kill_at_any_statement_completes_the_work(
    processes: ForkServerContext, database_url: str, sessions: Sessions, feed_server: FeedServer
):
    news, now, rng = News(feed_server), NOW, random.Random(7)
    news.subscribe(sessions)
    waves = killed = statements = 0
    done = True
    while killed < KILLS:
        if done:
            now += timedelta(hours=HOURS)
            news.wave(now)
            waves += 1
            statements = statements or run_through(processes, database_url, now)
        count = processes.Value("i", 0)
        process = start_process(
            processes, run_all, database_url, now, rng.randint(1, statements), count
        )
        process.join(120)
        done = process.exitcode == 0
        killed += process.exitcode == -signal.SIGKILL
        assert done or process.exitcode == -signal.SIGKILL
    run_through(processes, database_url, now)
    assert check(sessions) == expected_partition(waves)


def test_two_concurrent_processes_lose_nothing(
    processes: ForkServerContext, database_url: str, sessions: Sessions, feed_server: FeedServer
):
    news, now = News(feed_server), NOW
    news.subscribe(sessions)
    for _ in range(3):
        news.wave(now)
        both = [
            start_process(processes, run_functions_repeatedly, database_url, now, 3, name=name)
            for name in ("one", "other")
        ]
        for process in both:
            finish(process)
        now += timedelta(hours=HOURS)
    run_through(processes, database_url, now)
    assert check(sessions) == expected_partition(3)


def test_describe_and_story_changes_do_not_deadlock(context: Context, feed_server: FeedServer):
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
