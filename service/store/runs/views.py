"""Job runs for the API and the metrics, latest first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.errors.redaction import redact_error
from service.store.database.paging import Page, Position, make_page
from service.store.tables import RunRow


@dataclass(frozen=True, slots=True)
class RunView:
    """One run of a job; `seconds` is None while it is in progress. `error` is redacted."""

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
    """List the latest runs, of one job or of all jobs; one statement."""
    statement = select(*_COLUMNS).order_by(RunRow.id.desc()).limit(limit + 1)
    if job is not None:
        statement = statement.where(RunRow.job == job)
    if after is not None:
        statement = statement.where(RunRow.id < after[0])
    runs = list(map(_to_view, session.execute(statement)))
    return make_page([(run, (run.id,)) for run in runs], limit)


def load_last_finished_runs(session: Session) -> tuple[RunView, ...]:
    """Return the latest finished run of each job, in order of job names."""
    latest = select(func.max(RunRow.id)).where(RunRow.outcome != "running").group_by(RunRow.job)
    statement = select(*_COLUMNS).where(RunRow.id.in_(latest)).order_by(RunRow.job)
    return tuple(map(_to_view, session.execute(statement)))


def _to_view(row: Sequence[Any]) -> RunView:
    """Redact the error once more: earlier versions stored the full text."""
    run = RunView(*row)
    return replace(run, error=redact_error(run.error)) if run.error else run
