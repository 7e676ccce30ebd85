"""Errors of the database and of the locks in it."""

from service.errors.base import SamestoryError


class DatabaseError(SamestoryError):
    """The database cannot be used."""


class DatabaseUnreachableError(DatabaseError):
    """No connection to the database."""


class DatabaseTooOldError(DatabaseError):
    """The schema lacks migrations of this version."""


class DatabaseTooNewError(DatabaseError):
    """The schema was migrated by a newer version."""


class LockLostError(DatabaseError):
    """The run of a job lost its lock; another process may run the job."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The run lost its lock: {reason}; the next run repeats its work")
        self.reason = reason


class DatabaseUnusableError(DatabaseError):
    """The server lacks pgvector, is older than Postgres 15, or rejects a statement."""


class EmbeddedServerError(DatabaseError):
    """The embedded server could not be set up or started."""
