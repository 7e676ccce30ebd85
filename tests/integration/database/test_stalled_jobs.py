"""Stalled jobs: heartbeats, maximum run times, lost locks, a daemon that takes over."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from structlog.testing import capture_logs

from jobs.running.context import Context, Counts
from jobs.running.run_locks import open_run_locks
from jobs.running.runner import Job, run_job, run_job_logged, run_locked
from jobs.running.scheduler import run_scheduler
from service.commands.jobs import describe_job
from service.commands.running.times import utc_now
from service.errors import (
    DatabaseError,
    DatabaseTooNewError,
    DatabaseUnreachableError,
    LockLostError,
)
from service.store.database import schema
from service.store.database.connections.engines import state_of
from service.store.runs.readiness import find_problems
from service.store.runs.status import load_job_status
from service.store.tables import OutletRow, RunRow
from tests.integration.conftest import make_context
from tests.support.database.rows import Rows

TAKEOVER = timedelta(seconds=1.5)
#: A process that forked from one with threads could wait for their locks forever.
PROCESSES = multiprocessing.get_context("spawn")


@pytest.fixture
def quick(context: Context) -> Context:
    """Context with short heartbeats."""
    return shorten(context)


def shorten(context: Context) -> Context:
    runs = replace(
        context.settings.runs,
        heartbeat_seconds=0.2,
        takeover_seconds=TAKEOVER.total_seconds(),
        stop_grace_seconds=0.2,
    )
    settings = replace(context.settings, runs=runs)
    return replace(context, settings=settings, clock=utc_now)


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait until a condition is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def outcomes(context: Context) -> list[tuple[str, str | None]]:
    """Return outcome and error of all runs."""
    with context.sessions() as session:
        rows = session.execute(select(RunRow.outcome, RunRow.error).order_by(RunRow.id))
        return [(outcome, error) for outcome, error in rows]


def add_outlet(context: Context, slug: str) -> None:
    with context.sessions.begin() as session:
        Rows(session).outlet(slug)


def count_outlets(context: Context) -> int:
    with context.sessions() as session:
        return session.scalar(select(func.count()).select_from(OutletRow)) or 0


def end_connections(context: Context, purpose: str) -> None:
    """End the connections of a purpose, as an administrator would."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
    condition = "current_database() AND application_name LIKE :name"
    with context.engine.begin() as connection:
        connection.execute(text(query + condition), {"name": f"% {purpose}"})


def test_running_job_has_heartbeats(quick: Context):
    beats = set[datetime | None]()

    def work(inside: Context) -> Counts:
        wait_for(lambda: read_beat(inside) and len(beats) > 2)
        return {}

    def read_beat(inside: Context) -> bool:
        with inside.sessions() as session:
            beats.add(session.scalar(select(RunRow.heartbeat_at)))
        return True

    run_job(Job("sample", 60, 60, work), quick)
    assert None not in beats


def test_run_that_lost_its_lock_must_stop_and_cannot_commit(quick: Context):
    def work(inside: Context) -> Counts:
        end_connections(quick, "locks")
        wait_for(inside.stop_requested)
        add_outlet(inside, "late")
        return {}

    with capture_logs(), pytest.raises(LockLostError, match="connection to the database ended"):
        run_job(Job("sample", 60, 60, work), quick)
    assert count_outlets(quick) == 0


def test_lost_lock_is_logged_once(quick: Context):
    def work(inside: Context) -> Counts:
        end_connections(quick, "locks")
        wait_for(inside.stop_requested)
        return {}

    with (
        capture_logs() as events,
        open_run_locks(quick.engine, quick.settings.runs) as run_locks,
    ):
        run_job_logged(Job("sample", 60, 60, work), quick, run_locks)
    assert [each["action"] for each in events] == ["locks_lost", "job_stopped"]


def test_statement_ends_when_the_lock_is_lost(quick: Context):
    started = time.monotonic()

    def work(inside: Context) -> Counts:
        threading.Timer(0.3, end_connections, [quick, "locks"]).start()
        with inside.sessions.begin() as session:
            session.execute(text("SELECT pg_sleep(60)"))
        return {}

    with (
        capture_logs(),
        pytest.raises(DatabaseUnreachableError, match="does not respond to heartbeats"),
    ):
        run_job(Job("sample", 60, 60, work), quick)
    assert time.monotonic() - started < 15


def test_run_whose_job_was_taken_over_cannot_commit(quick: Context):
    """Even before its own heartbeat notices it."""
    slow = replace(quick.settings.runs, heartbeat_seconds=60.0)
    unaware = replace(quick, settings=replace(quick.settings, runs=slow))

    def work(inside: Context) -> Counts:
        end_connections(quick, "locks")
        assert run_job(Job("sample", 60, 60, lambda _: {"done": 1}), quick) == {"done": 1}
        add_outlet(inside, "late")
        return {}

    with pytest.raises(LockLostError, match="another process took over"):
        run_job(Job("sample", 60, 60, work), unaware)
    assert count_outlets(quick) == 0
    assert [outcome for outcome, _ in outcomes(quick)] == ["failed", "done"]


def test_long_run_must_stop_and_ends_as_done(quick: Context):
    def work(inside: Context) -> Counts:
        wait_for(inside.stop_requested)
        add_outlet(inside, "in-time")
        return {"outlets": 1}

    job = Job("sample", 60, 60, work, max_seconds=0.3)
    slow = replace(quick.settings.runs, stop_grace_seconds=30.0)
    patient = replace(quick, settings=replace(quick.settings, runs=slow))
    assert run_job(job, patient) == {"outlets": 1}


def test_hung_run_loses_its_lock_and_starts_again_in_the_same_process(quick: Context):
    release, calls = threading.Event(), []

    def hang_first(inside: Context) -> Counts:
        calls.append(1)
        if len(calls) == 1:
            release.wait(30)
            add_outlet(inside, "late")
        return {"done": 1}

    job = Job("sample", 0.2, 60, hang_first, max_seconds=0.3)
    with capture_logs() as events, run_scheduler([job], quick):
        wait_for(lambda: ("done", None) in outcomes(quick))
        assert state_of(quick.engine).problems() == [
            "Job sample is stuck: it did not stop after 0.3 s (run_limits.sample)"
        ]
        release.set()
        wait_for(lambda: not state_of(quick.engine).problems())
    assert outcomes(quick)[0] == ("failed", "it did not stop after 0.3 s (run_limits.sample)")
    assert count_outlets(quick) == 0
    assert [each["action"] for each in events if each["log_level"] == "error"] == ["lock_lost"]


def run_frozen_daemon(url: str) -> None:
    """Start a run that never ends, in a process of its own."""
    context = shorten(make_context(schema.make_engine(url), utc_now))

    def hold(inside: Context) -> Counts:
        with inside.sessions.begin() as session:
            session.execute(text("SELECT pg_advisory_xact_lock(1)"))
            time.sleep(600)
        return {}

    run_job(Job("sample", 60, 60, hold), context)


def test_other_daemon_takes_over_the_job_of_a_frozen_one(quick: Context, database_url: str):
    def work(inside: Context) -> Counts:
        with inside.sessions.begin() as session:  # the frozen daemon has this lock
            session.execute(text("SELECT pg_advisory_xact_lock(1)"))
        return {"done": 1}

    daemon = PROCESSES.Process(target=run_frozen_daemon, args=[database_url])
    daemon.start()
    assert daemon.pid
    try:
        wait_for(lambda: outcomes(quick) == [("running", None)], 60)
        assert run_job(Job("sample", 60, 60, work), quick) is None
        os.kill(daemon.pid, signal.SIGSTOP)
        started = time.monotonic()
        wait_for(lambda: find_problems(quick.engine, stalled_after=TAKEOVER))
        [status] = read_status(quick)
        assert status.startswith("stalled for ")
        with capture_logs() as events, run_scheduler([Job("sample", 3600, 60, work)], quick):
            wait_for(lambda: outcomes(quick)[-1] == ("done", None))
        assert time.monotonic() - started < 20
        assert "job_taken_over" in [each["action"] for each in events]
        assert outcomes(quick)[0] == ("failed", "the process ended during the run")
        assert find_problems(quick.engine, stalled_after=TAKEOVER) == []
        os.kill(daemon.pid, signal.SIGCONT)
        time.sleep(0.5)
        assert [outcome for outcome, _ in outcomes(quick)] == ["failed", "done"]
    finally:
        daemon.kill()
        daemon.join(10)


def read_status(context: Context) -> list[str]:
    with context.sessions() as session:
        return [
            describe_job(each, context.clock(), TAKEOVER)
            for each in load_job_status(session, ["sample"])
        ]


def test_status_shows_idle_and_running_jobs(quick: Context):
    seen = []

    def work(_: Context) -> Counts:
        seen.extend(read_status(quick))
        return {"done": 1}

    assert read_status(quick) == ["idle; no finished run"]
    run_job(Job("sample", 60, 60, work), quick)
    assert f"(process {os.getpid()}), last heartbeat 0 s ago; no finished run" in seen[0]
    assert read_status(quick) == ["idle; last run done 0 s ago"]


def test_job_stops_writing_after_a_migration(quick: Context):
    def work(inside: Context) -> Counts:
        with quick.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        add_outlet(inside, "late")
        return {}

    with pytest.raises(DatabaseTooNewError, match="restart samestory"):
        run_job(Job("sample", 60, 60, work), quick)
    assert count_outlets(quick) == 0


def test_nothing_is_committed_during_a_migration(quick: Context):
    with quick.engine.connect() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({schema.MIGRATION_LOCK})"))
        with pytest.raises(DatabaseError, match="A migration of the database is running"):
            add_outlet(quick, "early")
    add_outlet(quick, "later")
    assert count_outlets(quick) == 1


def test_five_connections_are_enough_for_all_jobs(quick: Context, database_url: str):
    """Twelve jobs that wait for one lock, while one of them has it."""
    limits = replace(schema.DEFAULT_LIMITS, connections=4)
    engine = schema.make_engine(database_url, limits)
    context = replace(shorten(make_context(engine, utc_now)), clock=utc_now)

    def work(inside: Context) -> Counts:
        with inside.sessions.begin() as session:
            session.execute(text("SELECT pg_advisory_xact_lock(1)"))
            time.sleep(0.05)
        return {"done": 1}

    jobs = [Job(f"job-{number}", 60, 60, work) for number in range(12)]
    with capture_logs() as events, open_run_locks(engine, context.settings.runs) as run_locks:
        threads = [
            threading.Thread(target=run_locked, args=(job, context, run_locks)) for job in jobs
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert not [each for each in events if each["log_level"] == "error"]
    assert outcomes(quick) == [("done", None)] * 12
    engine.dispose()
