"""Job runner: runs a job once under a lock and records the run in the database."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog
from structlog.contextvars import bound_contextvars

from jobs.running import current_models
from jobs.running.context import Context, Counts
from jobs.running.run_locks import HeldLock, RunLocks, open_run_locks
from service.embed import free_memory
from service.errors import DatabaseUnreachableError, LockLostError, SamestoryError
from service.errors.redaction import redact_error
from service.store.database.errors import translate_database_errors
from service.store.database.sessions import fenced_sessions
from service.store.runs import maintenance, runs
from service.telemetry import process, tracing

log = structlog.get_logger()

#: Subject of the outages of the database.
DATABASE = "database"


@dataclass(frozen=True, slots=True)
class Job:
    """An entry of the schedule."""

    name: str
    every_seconds: float
    grace_seconds: int  #: a run that could not start within this time is skipped
    function: Callable[[Context], Counts]
    max_seconds: float = 3600.0  #: a longer run must stop


def run_job(job: Job, context: Context) -> Counts | None:
    """Run a job now, outside of the scheduler; see `run_locked`."""
    with open_run_locks(context.engine, context.settings.runs) as run_locks:
        return run_locked(job, context, run_locks)


def run_locked(job: Job, context: Context, run_locks: RunLocks) -> Counts | None:
    """Run a job now and return its counts; None if another process runs it, or in maintenance.

    The job gets sessions that commit only while the run has the lock.

    Raises:
        SamestoryError: raised by the job, or a database error. The run is recorded as failed
            first, as it is for any other exception.
    """
    with (
        translate_database_errors(context.engine),
        run_locks.hold(job.name, job.max_seconds) as held,
    ):
        if held is None:
            log.debug(
                "job skipped: already running",
                action="job_skipped",
                job=job.name,
            )
            process.RUNS.labels(job.name, "skipped").inc()
            return None
        with context.sessions.begin() as session:
            if maintenance.find(session):
                log.debug("job skipped: maintenance", action="job_paused", job=job.name)
                return None
            run_id = runs.start_run(session, job.name, now=context.clock())
        held.run_id = run_id  # committed, so that heartbeats find it
        started = time.monotonic()
        counts: Counts = {}
        error: str | None = "interrupted"
        try:
            with (
                translate_database_errors(context.engine),
                bound_contextvars(job=job.name, run=run_id),
                process.JOBS.run(job.name),
                tracing.span(f"job {job.name}", job=job.name, run=run_id),
            ):
                with context.sessions() as session:
                    current = current_models.apply(session, context)
                counts = job.function(_locked_context(current, held))
                held.raise_if_lost()
                error = None
        except Exception as caught:
            error = redact_error(f"{type(caught).__name__}: {caught}")
            raise
        finally:
            seconds = time.monotonic() - started
            held.is_ending = True
            with context.sessions.begin() as session:
                runs.finish_run(session, run_id, seconds=seconds, counts=counts, error=error)
            if counts:
                free_memory.trim()
        level = log.info if counts else log.debug
        level("job done", action="job_done", job=job.name, seconds=round(seconds, 3), **counts)
        return counts


def _locked_context(context: Context, held: HeldLock) -> Context:
    """Return the context of a run: it must stop, and cannot commit, without its lock."""
    return replace(
        context,
        run_id=held.run_id,
        sessions=fenced_sessions(context.sessions, held.fence),
        stop_requested=lambda: held.must_stop or context.stop_requested(),
    )


def run_job_logged(job: Job, context: Context, run_locks: RunLocks) -> None:
    """Run a job for the scheduler: log its failures, so that the next run starts on time.

    An outage gets one line at its start and one at its end.
    """
    if context.stop_requested():
        return
    outages = run_locks.outages
    try:
        run_locked(job, context, run_locks)
        outages.worked(DATABASE)
        outages.worked(f"job {job.name}")
    except DatabaseUnreachableError as error:
        # It concerns all jobs, each of which would log a line at each interval.
        if not context.stop_requested():
            outages.failed(DATABASE, str(error), job=job.name)
    except LockLostError:
        # This process or the one that took over has logged the loss; the next run repeats the work.
        log.info("job stopped: its lock is lost", action="job_stopped", job=job.name)
    except SamestoryError as error:
        if context.stop_requested():
            log.info("job interrupted", action="job_interrupted", job=job.name)
        else:
            # Expected failures get one line, bugs a traceback.
            outages.failed(f"job {job.name}", str(error), job=job.name)
    except Exception:
        log.exception("job failed unexpectedly", action="job_crashed", job=job.name)
