"""Concurrency: place, reconcile, describe and editors in four processes, over 2,000 articles."""

import multiprocessing
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from multiprocessing.synchronize import Event
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from jobs.close import close
from jobs.describe import describe
from jobs.embed import embed
from jobs.link import link
from jobs.place import place
from jobs.reconcile import reconcile
from jobs.running.context import Context
from service.errors import BadInputError, DecisionConflictError, NotFoundError
from service.store.articles import articles
from service.store.database import schema
from service.store.database.sessions import Sessions
from service.store.editing import actions, audit_log
from service.store.editing.actions import EditorAction
from service.store.editing.undo import undo
from service.store.stories import stories
from service.store.tables import ArticleRow, DecisionRow, StoryRow
from tests.integration.conftest import NOW, make_context
from tests.support.content.admitted_reports import Wire, report
from tests.support.database import invariants
from tests.support.database.rows import Rows

EVENTS, OUTLETS = 500, 4
#: Events per day; the window has a week of them.
EVENTS_A_DAY = 25
ARTICLES = EVENTS * OUTLETS
DECISIONS = 60


def run_place(context: Context, _: random.Random) -> None:
    embed(context)
    place(context)


def run_reconcile(context: Context, _: random.Random) -> None:
    reconcile(context)


def run_describe_link_close(context: Context, _: random.Random) -> None:
    describe(context)
    link(context)
    close(context)


def run_editor(context: Context, rng: random.Random) -> None:
    """Make or undo one random decision of an editor."""
    act = EditorAction("ann", "", context.clock(), context.clock())
    try:
        with context.sessions.begin() as session:
            open_stories = sorted(
                session.scalars(select(StoryRow.id).where(StoryRow.state == "open"))
            )
            if len(open_stories) < 2:
                return
            one, other = rng.sample(open_stories, 2)
            members = stories.members(session, [one])[one]
            active = [each.id for each in audit_log.list_decisions(session, include_undone=False)]
            candidates: list[Callable[[], object]] = [
                lambda: actions.merge(session, act, [one, other]),
                lambda: actions.split(session, act, one, members[:1]),
                lambda: actions.move(session, act, members[0], other),
                lambda: actions.mark_story(session, act, "lock", one),
                lambda: actions.hide_article(session, act, members[0]),
                lambda: undo(session, act, rng.choice(active)),
            ]
            rng.choice(candidates)()
    except (BadInputError, DecisionConflictError, NotFoundError, IndexError):
        pass  # a concurrent change, or a conflicting decision


ROLES = {
    each.__name__: each for each in (run_place, run_reconcile, run_describe_link_close, run_editor)
}


def play(url: str, role: str, now: datetime, finished: Event) -> None:
    """Repeat one role until `finished` is set; any error ends the process."""
    engine, rng = schema.make_engine(url), random.Random(role)
    context = make_context(engine, lambda: now)
    while not finished.is_set():
        ROLES[role](context, rng)
        time.sleep(0.01)
    engine.dispose()


def is_done(sessions: Sessions) -> bool:
    with sessions.begin() as session:
        waiting = articles.find_in_stage(session, "admitted") or articles.find_in_stage(
            session, "placed"
        )
        decisions = session.scalar(select(func.count()).select_from(DecisionRow)) or 0
    return not waiting and decisions >= DECISIONS


@pytest.mark.slow
def test_four_concurrent_processes_keep_invariants(database_url: str, context: Context):
    days = EVENTS // EVENTS_A_DAY
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    finished = processes.Event()
    arguments = [(database_url, role, NOW + timedelta(days=days), finished) for role in ROLES]
    wire = Wire(context, outlets=OUTLETS)
    running = [processes.Process(target=play, args=each) for each in arguments]
    for process in running:
        process.start()
    for day in range(days):
        events = range(day * EVENTS_A_DAY, (day + 1) * EVENTS_A_DAY)
        for outlet in range(OUTLETS):
            reports = [(f"{number}", report(number, outlet)) for number in events]
            wire.publish(outlet, reports, NOW + timedelta(days=day))
    deadline = time.monotonic() + 240
    while not is_done(context.sessions) and time.monotonic() < deadline:
        assert all(process.exitcode is None for process in running)
        time.sleep(0.1)
    finished.set()
    for process in running:
        process.join(60)
        assert process.exitcode == 0
    with context.sessions.begin() as session:
        assert is_done(context.sessions)
        assert session.scalar(select(func.count()).select_from(ArticleRow)) == ARTICLES
        invariants.check(session)
        deadlocks = text(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        assert session.scalar(deadlocks) == 0


def test_overlapping_memberships_raise(sessions: Sessions):
    with sessions.begin() as session:
        rows = Rows(session)
        article = rows.article(rows.outlet("one"), "A")
        one, other = rows.story("first"), rows.story("second")
        rows.membership(one, article, valid_from=NOW, valid_until=NOW + timedelta(hours=2))
        later = {"valid_from": NOW + timedelta(hours=2), "valid_until": NOW + timedelta(hours=3)}
        rows.membership(other, article, **later)
    overlapping = {"valid_from": NOW + timedelta(hours=1), "valid_until": NOW + timedelta(hours=2)}
    for values in (overlapping, {"valid_from": NOW + timedelta(hours=2, minutes=59)}):
        with pytest.raises(IntegrityError, match="one_story_at_an_instant"):
            add_membership(sessions, "first", **values)


def add_membership(sessions: Sessions, story_id: str, **values: Any) -> None:
    """Add a membership of the only article."""
    with sessions.begin() as session:
        story = session.get_one(StoryRow, story_id)
        Rows(session).membership(story, session.scalars(select(ArticleRow)).one(), **values)
