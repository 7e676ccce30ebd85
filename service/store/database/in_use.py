"""Databases of the same server that other processes use."""

from sqlalchemy import text
from sqlalchemy.orm import Session


def find_used_databases(session: Session, prefix: str) -> list[str]:
    """Return the names of other databases with connections, sorted, that begin with `prefix`."""
    statement = text(
        "SELECT DISTINCT datname FROM pg_stat_activity "
        "WHERE datname <> current_database() AND starts_with(datname, :prefix) ORDER BY datname"
    )
    return list(session.scalars(statement, {"prefix": prefix}))
