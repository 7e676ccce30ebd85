"""Heartbeats of running jobs, by the clock of the database."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Connection, func, select, update

from service.store.tables import RunRow


def beat(connection: Connection, run_ids: Collection[int]) -> set[int]:
    """Record that runs are in progress; returns those that still count as running."""
    statement = (
        update(RunRow)
        .where(RunRow.id.in_(run_ids), RunRow.outcome == "running")
        .values(heartbeat_at=func.clock_timestamp())
        .returning(RunRow.id)
    )
    return set(connection.scalars(statement))


def fail(connection: Connection, run_id: int, error: str) -> None:
    """Record that a run lost its lock; its transactions can no longer be committed."""
    statement = update(RunRow).where(RunRow.id == run_id, RunRow.outcome == "running")
    connection.execute(statement.values(outcome="failed", error=error))


def find_stalled(connection: Connection, after: timedelta) -> list[str]:
    """Return the jobs whose run has had no heartbeat for the time `after`."""
    stalled = RunRow.heartbeat_at < func.clock_timestamp() - after
    statement = select(RunRow.job).where(RunRow.outcome == "running", stalled).distinct()
    return list(connection.scalars(statement))
