"""Runs of jobs, latest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.store.database.paging import Page, Position, cut
from service.store.tables import RunRow


@dataclass(frozen=True, slots=True)
class RunView:
    """One execution of a job; `seconds` is None while it lasts."""

    id: int
    job: str
    started_at: datetime
    seconds: float | None
    outcome: str
    counts: dict[str, Any]
    error: str | None


_COLUMNS = (
    RunRow.id,
    RunRow.job,
    RunRow.started_at,
    RunRow.seconds,
    RunRow.outcome,
    RunRow.counts,
    RunRow.error,
)


def list_runs(
    session: Session, *, job: str | None = None, after: Position | None = None, limit: int = 20
) -> Page[RunView]:
    """The latest runs, of one job or of all; one statement."""
    statement = select(*_COLUMNS).order_by(RunRow.id.desc()).limit(limit + 1)
    if job is not None:
        statement = statement.where(RunRow.job == job)
    if after is not None:
        statement = statement.where(RunRow.id < after[0])
    found = [RunView(*row) for row in session.execute(statement)]
    return cut([(run, (run.id,)) for run in found], limit)


def last_finished(session: Session) -> tuple[RunView, ...]:
    """The latest finished run of each job."""
    latest = select(func.max(RunRow.id)).where(RunRow.outcome != "running").group_by(RunRow.job)
    statement = select(*_COLUMNS).where(RunRow.id.in_(latest)).order_by(RunRow.job)
    return tuple(RunView(*row) for row in session.execute(statement))
