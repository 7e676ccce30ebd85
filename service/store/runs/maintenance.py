"""Maintenance mode: a row that stops the jobs and the writes of all processes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.store.tables import MaintenanceRow, RunRow


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Reason and start of the maintenance."""

    reason: str
    since: datetime


def begin(session: Session, reason: str, *, now: datetime) -> None:
    """Begin the maintenance, or change its reason."""
    statement = insert(MaintenanceRow).values(single=True, reason=reason, since=now)
    changed = {"reason": statement.excluded.reason}
    session.execute(statement.on_conflict_do_update(index_elements=["single"], set_=changed))


def end(session: Session) -> bool:
    """End the maintenance; returns whether there was one."""
    statement = delete(MaintenanceRow).returning(MaintenanceRow.single)
    return session.scalar(statement) is not None


def find(connection: Connection | Session) -> Maintenance | None:
    """The current maintenance, or None."""
    statement = select(MaintenanceRow.reason, MaintenanceRow.since)
    row = connection.execute(statement).one_or_none()
    return Maintenance(*row) if row else None


def count_running(session: Session) -> int:
    """Number of runs in progress, with those of processes that ended without a record."""
    statement = select(func.count(RunRow.id)).where(RunRow.outcome == "running")
    return session.scalar(statement) or 0
