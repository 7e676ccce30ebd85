"""Runs a job once: one process at a time, with an account of it in the database."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import structlog

from jobs.running.context import Context, Counts
from service.errors import SamestoryError
from service.store.database import locks, runs
from service.store.database.errors import explained

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the schedule."""

    name: str
    every_seconds: float
    grace_seconds: int  #: a start that comes later than this is left out
    function: Callable[[Context], Counts]


def run(job: Job, context: Context) -> Counts | None:
    """Run a job now; None if another process is at it. Counts of what it did are kept.

    Raises:
        SamestoryError: what the job raised, after it was put on record, trouble with the database
            among it; so does any bug.
    """
    with explained(context.engine), locks.held(context.engine, f"job:{job.name}") as mine:
        if not mine:
            log.debug("job is running elsewhere", action="job_skipped", job=job.name)
            return None
        with context.sessions.begin() as session:
            run_id = runs.start(session, job.name, now=context.clock())
        return _recorded(job, replace(context, run_id=run_id), run_id)


def run_logged(job: Job, context: Context) -> None:
    """Run a job for the scheduler: whatever fails is logged, and the next run comes in time."""
    if context.stopping():
        return
    try:
        run(job, context)
    except SamestoryError as error:
        if context.stopping():
            log.info("job cut off", action="job_cut_off", job=job.name)
        else:
            # A known failure says enough in one line; only a bug needs its trace.
            log.error("job failed", action="job_failed", job=job.name, error=str(error))  # noqa: TRY400
    except Exception:
        log.exception("job met a bug", action="job_bug", job=job.name)


def _recorded(job: Job, context: Context, run_id: int) -> Counts:
    started = time.monotonic()
    counts: Counts = {}
    error: str | None = "interrupted"
    try:
        with explained(context.engine):
            counts, error = job.function(context), None
    except Exception as caught:
        error = f"{type(caught).__name__}: {caught}"
        raise
    finally:
        seconds = time.monotonic() - started
        with context.sessions.begin() as session:
            runs.finish(session, run_id, seconds=seconds, counts=counts, error=error)
    _tell(job, counts, seconds)
    return counts


def _tell(job: Job, counts: Counts, seconds: float) -> None:
    event: dict[str, Any] = {"action": "job_done", "job": job.name, "seconds": round(seconds, 3)}
    level = log.info if counts else log.debug
    level("job done", **event, **counts)
