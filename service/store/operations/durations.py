"""Durations of job runs over time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.tables import RunRow


@dataclass(frozen=True, slots=True)
class Duration:
    """A finished run of a job."""

    started_at: datetime
    seconds: float
    failed: bool


def load_durations(session: Session, *, since: datetime, limit: int) -> dict[str, list[Duration]]:
    """The latest finished runs of each job since `since`, oldest first; one statement.

    Runs that had nothing to do are omitted. `limit` applies to all jobs together.
    """
    statement = (
        select(RunRow.job, RunRow.started_at, RunRow.seconds, RunRow.outcome == "failed")
        .where(RunRow.started_at >= since, RunRow.seconds.is_not(None), RunRow.counts != {})
        .order_by(RunRow.id.desc())
        .limit(limit)
    )
    durations: dict[str, list[Duration]] = {}
    for job, started_at, seconds, failed in session.execute(statement):
        durations.setdefault(job, []).insert(0, Duration(started_at, seconds or 0.0, failed))
    return durations
