"""Running jobs: one at a time, each run on record."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from structlog.testing import capture_logs

from jobs.running.context import Context, Counts
from jobs.running.runner import Job, run_job, run_job_logged
from jobs.tidy import tidy
from service.errors import (
    DatabaseError,
    DatabaseUnusableError,
    DatabaseUnreachableError,
    SamestoryError,
)
from service.store.database import runs
from service.store.tables import RunRow
from tests.integration.conftest import Clock


def job(function: object) -> Job:
    return Job("sample", 60, 60, function)  # type: ignore[arg-type]  # any callable will do


def recorded(context: Context) -> list[RunRow]:
    with context.sessions.begin() as session:
        return list(session.scalars(select(RunRow).order_by(RunRow.id)))


def test_a_run_leaves_its_account(context: Context):
    assert run_job(job(lambda _: {"articles": 3}), context) == {"articles": 3}
    [row] = recorded(context)
    assert (row.job, row.outcome, row.counts, row.error) == (
        "sample",
        "done",
        {"articles": 3},
        None,
    )
    assert row.seconds is not None
    assert row.started_at == context.clock()


def test_a_failed_run_is_recorded_with_its_reason(context: Context):
    def fail(_: Context) -> Counts:
        raise SamestoryError("no luck")

    with pytest.raises(SamestoryError):
        run_job(job(fail), context)
    [row] = recorded(context)
    assert (row.outcome, row.error) == ("failed", "SamestoryError: no luck")


@pytest.mark.parametrize("error", [SamestoryError("known"), ZeroDivisionError("a bug")])
def test_the_scheduler_survives_any_failure(context: Context, error: Exception):
    def fail(_: Context) -> Counts:
        raise error

    run_job_logged(job(fail), context)
    assert recorded(context)[0].outcome == "failed"


def test_a_lost_database_is_one_line_and_the_next_run_goes_on(context: Context):
    def lose(inside: Context) -> Counts:
        with inside.sessions.begin() as session:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
            session.execute(text(f"{others} current_database() AND pid <> pg_backend_pid()"))
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return {}

    with pytest.raises(DatabaseUnreachableError, match="Cannot connect to the database at postgresql://"):
        run_job(job(lose), context)
    with capture_logs() as told:
        run_job_logged(job(lose), context)
    assert [each["action"] for each in told] == ["job_failed"]
    assert not any("exc_info" in each for each in told)
    assert run_job(job(lambda _: {"articles": 1}), context) == {"articles": 1}
    *lost, done = recorded(context)
    assert {row.outcome for row in lost} == {"failed"}
    assert done.outcome == "done"


def test_what_the_database_refuses_is_told_and_a_bug_is_not_hidden(context: Context):
    def ask(statement: str) -> Counts:
        with context.sessions.begin() as session:
            session.execute(text(statement))
        return {}

    with pytest.raises(DatabaseUnusableError, match=r"relation .* does not exist"):
        run_job(job(lambda _: ask("SELECT * FROM no_such_table")), context)
    with pytest.raises(DatabaseUnusableError, match="read-only"):
        run_job(job(lambda _: ask("SET TRANSACTION READ ONLY; DELETE FROM runs")), context)
    with pytest.raises(DatabaseError, match="failed: canceling statement"):
        run_job(job(lambda _: ask("SET LOCAL statement_timeout = 1; SELECT pg_sleep(9)")), context)
    with pytest.raises(ProgrammingError):
        run_job(job(lambda _: ask("SELEKT")), context)


def test_one_run_at_a_time(context: Context):
    started, finish = threading.Event(), threading.Event()

    def wait(_: Context) -> Counts:
        started.set()
        finish.wait(10)
        return {}

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(run_job, job(wait), context)
        assert started.wait(10)
        assert run_job(job(lambda _: {"never": 1}), context) is None
        finish.set()
        assert first.result() == {}
    assert len(recorded(context)) == 1


def test_a_run_that_was_killed_is_marked_by_the_next(context: Context):
    with context.sessions.begin() as session:
        runs.start_run(session, "sample", now=context.clock())
    run_job(job(lambda _: {}), context)
    killed, done = recorded(context)
    assert (killed.outcome, done.outcome) == ("failed", "done")
    assert killed.error == "the process ended before the run did"


def test_tidy_forgets_idle_runs_after_a_day_and_others_after_a_month(
    context: Context, clock: Clock
):
    run_job(job(lambda _: {}), context)
    run_job(job(lambda _: {"articles": 1}), context)
    clock.advance(days=2)
    assert tidy(context) == {"forgotten": 1}
    clock.advance(days=40)
    assert tidy(context) == {"forgotten": 1}
    assert tidy(context) == {}
