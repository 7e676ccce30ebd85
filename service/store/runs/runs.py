"""Log of job runs: start and finish."""

import os
import socket
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.store.tables import RunRow

#: Error of a run whose lock another run has acquired.
INTERRUPTED = "the process ended during the run"


def start_run(session: Session, job: str, *, now: datetime) -> int:
    """Record the start of a run and return its id.

    The caller must have the job's lock. Earlier runs that still count as running were
    interrupted; they are marked as failed.
    """
    session.execute(
        update(RunRow)
        .where(RunRow.job == job, RunRow.outcome == "running")
        .values(outcome="failed", error=INTERRUPTED)
    )
    row = RunRow(
        job=job,
        started_at=now,
        heartbeat_at=func.clock_timestamp(),
        outcome="running",
        host=socket.gethostname(),
        pid=os.getpid(),
    )
    session.add(row)
    session.flush()
    return row.id


def finish_run(
    session: Session,
    run_id: int,
    *,
    seconds: float,
    counts: Mapping[str, int],
    error: str | None = None,
) -> None:
    """Record the outcome of a run, unless it lost its lock and counts as failed."""
    session.execute(
        update(RunRow)
        .where(RunRow.id == run_id, RunRow.outcome == "running")
        .values(
            outcome="failed" if error else "done",
            seconds=seconds,
            counts=dict(counts),
            error=error,
        )
    )


def last_success(session: Session, job: str) -> datetime | None:
    """Start of the latest successful run of a job; None without one."""
    statement = select(func.max(RunRow.started_at)).where(
        RunRow.job == job, RunRow.outcome == "done"
    )
    return session.scalar(statement)
