"""State of each job: the run in progress with its heartbeat, and the last finished run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Float, cast, func, select
from sqlalchemy.orm import Session

from service.store.runs.views import RunView, load_last_finished_runs
from service.store.tables import RunRow


@dataclass(frozen=True, slots=True)
class CurrentRun:
    """A run in progress; ages are in seconds by the clock of the database."""

    job: str
    host: str
    pid: int
    age: float  #: since its start
    silence: float | None  #: since its last heartbeat; None if an earlier version started it

    def has_stalled(self, after: timedelta) -> bool:
        """Whether it has had no heartbeat for the time `after`."""
        return self.silence is not None and self.silence > after.total_seconds()


@dataclass(frozen=True, slots=True)
class JobStatus:
    """State of a job."""

    job: str
    current: CurrentRun | None
    last: RunView | None


def load_job_status(session: Session, jobs: Iterable[str]) -> list[JobStatus]:
    """Return the state of jobs, in the given order."""
    current = load_current_runs(session)
    last = {run.job: run for run in load_last_finished_runs(session)}
    return [JobStatus(job, current.get(job), last.get(job)) for job in jobs]


def load_current_runs(session: Session) -> Mapping[str, CurrentRun]:
    """Return the runs in progress by job, in any process."""
    now = func.clock_timestamp()
    age, silence = (
        cast(func.extract("epoch", now - column), Float)
        for column in (RunRow.started_at, RunRow.heartbeat_at)
    )
    statement = select(RunRow.job, RunRow.host, RunRow.pid, age, silence)
    rows = session.execute(statement.where(RunRow.outcome == "running").order_by(RunRow.id))
    return {row[0]: CurrentRun(*row) for row in rows}
