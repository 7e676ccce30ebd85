"""Job runner: locking, run log, failures."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from structlog.testing import capture_logs

from jobs.running.context import Context, Counts
from jobs.running.run_locks import open_run_locks
from jobs.running.runner import Job, run_job, run_job_logged
from jobs.tidy import tidy
from service.errors import (
    DatabaseError,
    DatabaseUnreachableError,
    DatabaseUnusableError,
    SamestoryError,
)
from service.store.database.errors import translate_database_errors
from service.store.database.schema import make_engine
from service.store.runs import runs
from service.store.runs.views import list_runs, load_last_finished_runs
from service.store.tables import RunRow
from tests.integration.conftest import Clock


def job(function: object) -> Job:
    return Job("sample", 60, 60, function)  # type: ignore[arg-type]  # any callable will do


def log_run(run: Job, context: Context) -> None:
    with open_run_locks(context.engine, context.settings.runs) as run_locks:
        run_job_logged(run, context, run_locks)


def load_runs(context: Context) -> list[RunRow]:
    with context.sessions.begin() as session:
        return list(session.scalars(select(RunRow).order_by(RunRow.id)))


def test_run_is_recorded_with_counts(context: Context):
    assert run_job(job(lambda _: {"articles": 3}), context) == {"articles": 3}
    [row] = load_runs(context)
    assert (row.job, row.outcome, row.counts, row.error) == (
        "sample",
        "done",
        {"articles": 3},
        None,
    )
    assert row.seconds is not None
    assert row.started_at == context.clock()


def test_failed_run_is_recorded_with_error(context: Context):
    def fail(_: Context) -> Counts:
        raise SamestoryError("no luck")

    with pytest.raises(SamestoryError):
        run_job(job(fail), context)
    [row] = load_runs(context)
    assert (row.outcome, row.error) == ("failed", "SamestoryError: no luck")


def test_stored_error_has_no_statement_and_no_values(context: Context):
    def fail(inside: Context) -> Counts:
        with inside.sessions() as session:
            session.execute(text("SELECT CAST(:id AS int)"), {"id": 2**40})
        return {}

    with pytest.raises(DBAPIError, match="parameters"):
        run_job(job(fail), context)
    [row] = load_runs(context)
    assert row.error is not None
    assert row.error.endswith("integer out of range")
    assert "SELECT" not in row.error


def test_list_of_runs_redacts_errors_of_earlier_versions(context: Context):
    with context.sessions.begin() as session:
        run_id = runs.start_run(session, "sample", now=context.clock())
        error = "DataError: no\n[SQL: SELECT 1]\n[parameters: {'id': 1}]"
        runs.finish_run(session, run_id, seconds=1, counts={}, error=error)
        assert [run.error for run in list_runs(session).items] == ["DataError: no"]
        assert [run.error for run in load_last_finished_runs(session)] == ["DataError: no"]


@pytest.mark.parametrize("error", [SamestoryError("expected"), ZeroDivisionError("a bug")])
def test_scheduled_run_swallows_any_error(context: Context, error: Exception):
    def fail(_: Context) -> Counts:
        raise error

    log_run(job(fail), context)
    assert load_runs(context)[0].outcome == "failed"


def test_address_of_an_unreachable_database_is_redacted():
    engine = make_engine("postgresql+psycopg://me:pw1@127.0.0.1:1/db?password=pw2&sslpassword=pw3")
    with (
        pytest.raises(
            DatabaseUnreachableError, match=r"at postgresql://me:\*\*\*@127\.0\.0\.1:1/db"
        ) as caught,
        translate_database_errors(engine),
        engine.connect(),
    ):
        pass
    assert "pw" not in str(caught.value)


def test_lost_connection_is_logged_and_next_run_succeeds(context: Context):
    def lose(inside: Context) -> Counts:
        with inside.sessions.begin() as session:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
            session.execute(text(f"{others} current_database() AND pid <> pg_backend_pid()"))
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return {}

    with pytest.raises(
        DatabaseUnreachableError, match="Cannot connect to the database at postgresql://"
    ):
        run_job(job(lose), context)
    with capture_logs() as events:
        log_run(job(lose), context)
    assert [each["action"] for each in events] == ["job_failed"]
    assert not any("exc_info" in each for each in events)
    assert run_job(job(lambda _: {"articles": 1}), context) == {"articles": 1}
    *lost, done = load_runs(context)
    assert {row.outcome for row in lost} == {"failed"}
    assert done.outcome == "done"


def test_database_errors_are_translated_and_bugs_are_not(context: Context):
    def execute(statement: str) -> Counts:
        with context.sessions.begin() as session:
            session.execute(text(statement))
        return {}

    with pytest.raises(DatabaseUnusableError, match=r"relation .* does not exist"):
        run_job(job(lambda _: execute("SELECT * FROM no_such_table")), context)
    with pytest.raises(DatabaseUnusableError, match="read-only"):
        run_job(job(lambda _: execute("SET TRANSACTION READ ONLY; DELETE FROM runs")), context)
    with pytest.raises(DatabaseError, match="failed: canceling statement"):
        run_job(
            job(lambda _: execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(9)")), context
        )
    with pytest.raises(ProgrammingError):
        run_job(job(lambda _: execute("SELEKT")), context)


def test_concurrent_run_is_skipped(context: Context):
    started, finish = threading.Event(), threading.Event()

    def wait(_: Context) -> Counts:
        started.set()
        finish.wait(10)
        return {}

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(run_job, job(wait), context)
        assert started.wait(10)
        assert run_job(job(lambda _: {"articles": 1}), context) is None
        finish.set()
        assert first.result() == {}
    assert len(load_runs(context)) == 1


def test_killed_run_is_marked_as_failed_by_next_run(context: Context):
    with context.sessions.begin() as session:
        runs.start_run(session, "sample", now=context.clock())
    run_job(job(lambda _: {}), context)
    killed, done = load_runs(context)
    assert (killed.outcome, done.outcome) == ("failed", "done")
    assert killed.error == "the process ended during the run"


def test_tidy_deletes_idle_runs_after_a_day_and_others_after_a_month(
    context: Context, clock: Clock
):
    run_job(job(lambda _: {}), context)
    run_job(job(lambda _: {"articles": 1}), context)
    clock.advance(days=2)
    assert tidy(context) == {"deleted": 1}
    clock.advance(days=40)
    assert tidy(context) == {"deleted": 1}
    assert tidy(context) == {}
