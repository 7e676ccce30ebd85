"""Job runner: runs a job once under a lock and records the run in the database."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from jobs.running.context import Context, Counts
from service.errors import SamestoryError
from service.store.database import locks, runs
from service.store.database.errors import translate_database_errors

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """An entry of the schedule."""

    name: str
    every_seconds: float
    grace_seconds: int  #: a run that could not start within this time is skipped
    function: Callable[[Context], Counts]


def run_job(job: Job, context: Context) -> Counts | None:
    """Run a job now and return its counts; None if another process is running it.

    Raises:
        SamestoryError: raised by the job, or a database error. The run is recorded as failed
            first, as it is for any other exception.
    """
    with (
        translate_database_errors(context.engine),
        locks.try_lock(context.engine, f"job:{job.name}") as locked,
    ):
        if not locked:
            log.debug(
                "job skipped: already running in another process",
                action="job_skipped",
                job=job.name,
            )
            return None
        with context.sessions.begin() as session:
            run_id = runs.start_run(session, job.name, now=context.clock())
        started = time.monotonic()
        counts: Counts = {}
        error: str | None = "interrupted"
        try:
            with translate_database_errors(context.engine):
                counts, error = job.function(replace(context, run_id=run_id)), None
        except Exception as caught:
            error = f"{type(caught).__name__}: {caught}"
            raise
        finally:
            seconds = time.monotonic() - started
            with context.sessions.begin() as session:
                runs.finish_run(session, run_id, seconds=seconds, counts=counts, error=error)
        level = log.info if counts else log.debug
        level("job done", action="job_done", job=job.name, seconds=round(seconds, 3), **counts)
        return counts


def run_job_logged(job: Job, context: Context) -> None:
    """Run a job for the scheduler: log any failure, so that the next run starts on time."""
    if context.stop_requested():
        return
    try:
        run_job(job, context)
    except SamestoryError as error:
        if context.stop_requested():
            log.info("job interrupted", action="job_interrupted", job=job.name)
        else:
            # Expected failures get one line, bugs a traceback.
            log.error("job failed", action="job_failed", job=job.name, error=str(error))  # noqa: TRY400
    except Exception:
        log.exception("job failed unexpectedly", action="job_crashed", job=job.name)
