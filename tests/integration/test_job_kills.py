"""The jobs, killed at any moment or run by two processes at once: nothing is lost or done twice."""

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from multiprocessing.context import ForkServerContext, ForkServerProcess

import pytest
from sqlalchemy import select, text

from jobs.context import Context
from jobs.describe import describe
from jobs.runner import Job, run
from jobs.schedule import schedule
from service import settings as settings_module
from service.commands.demo.samples import PIPELINE, for_loopback
from service.commands.grouper import pair_model
from service.domain.outlets import Outlet
from service.store import catalogue, locks, plans, schema, stories
from service.store.catalogue import NewFeed
from service.store.sessions import Sessions, sessions_of
from service.store.stories import Stamp
from service.store.tables import StoryRow
from tests.integration.conftest import NOW
from tests.support.encoders import WordEncoder
from tests.support.feed_server import FeedServer, reply
from tests.support.newsroom import item, rss

pytestmark = pytest.mark.slow

FEEDS = 5
EVENTS_A_WAVE = 4
KILLS = 12
#: A wave of news comes every so many hours: all feeds are due again.
HOURS = 25
VOWELS, CONSONANTS = "aeiou", "bdfgklmnprstvz"

#: What a run left: canonical URLs by story.
Partition = set[frozenset[str]]


def words_of(event: int) -> list[str]:
    """Words that no other event has."""
    rng = random.Random(event)
    letters = [(rng.choice(CONSONANTS), rng.choice(VOWELS)) for _ in range(60)]
    syllables = ["".join(pair) for pair in letters]
    return ["".join(syllables[start : start + 4]).title() for start in range(0, 60, 4)]


def report(event: int, feed: int) -> tuple[str, str]:
    """A feed's report of an event, in an order of words of its own."""
    told = words_of(event)
    random.Random(feed).shuffle(told)
    return " ".join(told[:6]), " ".join(told) + "."


@dataclass(slots=True)
class News:
    """Feeds on loopback to which each wave adds events."""

    server: FeedServer
    items: list[list[str]] = field(default_factory=lambda: [[] for _ in range(FEEDS)])
    events: Iterator[int] = field(default_factory=count)

    def wave(self, at: datetime) -> None:
        for event in (next(self.events) for _ in range(EVENTS_A_WAVE)):
            for feed, items in enumerate(self.items):
                items.append(item(f"{event}", report(event, feed), at, host=f"o{feed}.example"))
        for feed, items in enumerate(self.items):
            self.server.routes[f"/{feed}"] = reply(rss(items))

    def subscribe(self, sessions: Sessions) -> None:
        outlets = [Outlet(f"o{n}", f"O{n}", sites=(f"o{n}.example",)) for n in range(FEEDS)]
        feeds = [NewFeed(self.server.url(f"/{n}"), f"o{n}", f"{n}") for n in range(FEEDS)]
        with sessions.begin() as session:
            catalogue.save_outlets(session, outlets)
            catalogue.add_feeds(session, feeds, now=NOW)


def world(url: str, now: datetime) -> Context:
    settings = for_loopback(settings_module.load({}))
    engine, encoder = schema.connect(url), WordEncoder()
    model = pair_model().within(settings.window.reach)
    return Context(engine, sessions_of(engine), settings, lambda: now, lambda: encoder, model)


def pipeline(context: Context) -> list[Job]:
    jobs = {job.name: job for job in schedule(context.settings.schedule)}
    return [jobs[name] for name in PIPELINE]


def run_all(url: str, now: datetime) -> None:
    """Every job once; waits for what a killed run still holds on the server."""
    context = world(url, now)
    for job in pipeline(context):
        while run(job, context) is None:
            time.sleep(0.02)
    context.engine.dispose()


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


def test_killed_at_any_moment_the_next_run_makes_up_for_it(
    processes: ForkServerContext, database_url: str, sessions: Sessions, feed_server: FeedServer
):
    news, now, rng = News(feed_server), NOW, random.Random(7)
    news.subscribe(sessions)
    for _ in range(2):  # only the second is as quick as usual: the first imports everything
        begun = time.monotonic()
        news.wave(now)
        finish(started(processes, run_all, database_url, now))
        now += timedelta(hours=HOURS)
        usual = time.monotonic() - begun
    cut_off = 0
    for _ in range(KILLS):
        news.wave(now)
        process = started(processes, run_all, database_url, now)
        process.join(rng.uniform(0.1, usual))
        process.kill()
        process.join()
        cut_off += process.exitcode == -9
        now += timedelta(hours=HOURS)
    finish(started(processes, run_all, database_url, now))
    assert cut_off > KILLS / 2
    assert check(sessions) == wanted(KILLS + 2)


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
    finish(started(processes, run_all, database_url, now))
    assert check(sessions) == wanted(3)


def test_describing_and_changing_stories_do_not_wait_for_each_other(
    context: Context, feed_server: FeedServer
):
    news = News(feed_server)
    news.subscribe(context.sessions)
    news.wave(NOW)
    for job in pipeline(context)[:4]:
        run(job, context)
    with ThreadPoolExecutor(1) as pool:
        with context.sessions.begin() as session:
            locks.serialise(session, plans.LOCK)
            first, *_, last = session.scalars(select(StoryRow.id).order_by(StoryRow.id))
            stamp = Stamp(NOW, "place", None)
            stories.touch(session, [last], stamp)
            describing = pool.submit(describe, context)
            time.sleep(0.5)
            stories.touch(session, [first], stamp)
        assert describing.result(20) == {"stories": EVENTS_A_WAVE}
