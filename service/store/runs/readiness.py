"""Readiness: problems of this process, its jobs and its database."""

from datetime import timedelta

from sqlalchemy import Engine, text

from service.store.database import schema
from service.store.database.connections.engines import state_of
from service.store.database.errors import translate_database_errors
from service.store.runs import heartbeats

_STATE = text(
    "SELECT (SELECT version_num FROM alembic_version), current_setting('transaction_read_only')"
)


def find_problems(engine: Engine, *, stalled_after: timedelta) -> list[str]:
    """Return one sentence per problem: stalled jobs, lost locks, a full or read-only database.

    Raises:
        DatabaseError: the database is unreachable, or has the schema of another version.
    """
    problems = state_of(engine).problems()
    with translate_database_errors(engine):
        with engine.connect() as connection:
            revision, read_only = connection.execute(_STATE).one()
            stalled = heartbeats.find_stalled(connection, stalled_after)
        if revision != schema.head_revision():
            schema.check(engine)  # raises an error with the remedy
    if read_only == "on":
        problems.append("The database is read-only")
    seconds = stalled_after.total_seconds()
    problems += [f"Job {job} has had no heartbeat for {seconds:g} s" for job in sorted(stalled)]
    return problems
