"""The account of every run of a job."""

import os
import socket
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from service.store.tables import FetchRow, RunRow


def start(session: Session, job: str, *, now: datetime) -> int:
    """Note that a run began; its id.

    The caller holds the job's lock: runs of it that still count as running were cut off.
    """
    session.execute(
        update(RunRow)
        .where(RunRow.job == job, RunRow.outcome == "running")
        .values(outcome="failed", error="the process ended before the run did")
    )
    row = RunRow(
        job=job, started_at=now, outcome="running", host=socket.gethostname(), pid=os.getpid()
    )
    session.add(row)
    session.flush()
    return row.id


def finish(
    session: Session,
    run_id: int,
    *,
    seconds: float,
    counts: Mapping[str, int],
    error: str | None = None,
) -> None:
    """Note how a run ended."""
    session.execute(
        update(RunRow)
        .where(RunRow.id == run_id)
        .values(
            outcome="failed" if error else "done",
            seconds=seconds,
            counts=dict(counts),
            error=error,
        )
    )


def forget(session: Session, *, now: datetime, keep: timedelta, keep_idle: timedelta) -> int:
    """Remove accounts older than `keep`, of runs with nothing to do older than `keep_idle`."""
    idle = RunRow.counts == {}
    old = or_(RunRow.started_at < now - keep, idle & (RunRow.started_at < now - keep_idle))
    ended = RunRow.outcome != "running"
    runs = session.scalars(delete(RunRow).where(old, ended).returning(RunRow.id)).all()
    fetches = session.scalars(
        delete(FetchRow).where(FetchRow.at < now - keep).returning(FetchRow.id)
    ).all()
    return len(runs) + len(fetches)
