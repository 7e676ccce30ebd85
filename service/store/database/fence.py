"""Fence: a transaction is committed only if its writer may still write.

A writer may not write any more if another process has migrated the schema, or has taken over the
job. Both are checked last, in the transaction itself, so that no change can happen in between.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session

from service.errors import DatabaseError, DatabaseTooNewError, LockLostError
from service.store.database import schema

_WRITES = text(
    "SELECT pg_current_xact_id_if_assigned() IS NOT NULL,"
    f" pg_try_advisory_xact_lock_shared({schema.MIGRATION_LOCK})"
)
_REVISION = text("SELECT version_num FROM alembic_version")
#: Locks the row, so that the run that takes over waits for the commit.
_RUN = text("SELECT outcome FROM runs WHERE id = :run FOR SHARE")


def _never_lost() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Fence:
    """Conditions of the transactions of one writer."""

    run_id: int | None = None  #: the run of a job; None for other writers
    lost: Callable[[], str] = _never_lost  #: reason why the job lost its lock, or ""


class FencedSession(Session):
    """Session whose commits require the fence in `info["fence"]`, or the default one."""


@event.listens_for(FencedSession, "after_begin")
def _mark_used(session: Session, _transaction: object, _connection: object) -> None:
    session.info["used"] = True


@event.listens_for(FencedSession, "before_commit")
def _require_fence(session: Session) -> None:
    """Raise DatabaseError if a transaction that has written something must not be committed."""
    if session.in_nested_transaction():
        return
    session.flush()
    if session.info.get("used"):
        _check(session.connection(), session.info.get("fence") or Fence())


def _check(connection: Connection, fence: Fence) -> None:
    writes, is_free = connection.execute(_WRITES).one()
    if not writes:
        return
    if not is_free:
        raise DatabaseError("A migration of the database is running; retry later")
    revision = connection.scalar(_REVISION)
    if revision != schema.head_revision():
        raise DatabaseTooNewError(
            f"The database was migrated to revision {revision} while this process runs; "
            "restart samestory in the version that migrated it"
        )
    if fence.run_id is None:
        return
    outcome = connection.scalar(_RUN, {"run": fence.run_id})
    if reason := fence.lost() or ("" if outcome == "running" else "another process took over"):
        raise LockLostError(reason)
