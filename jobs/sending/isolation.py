"""Errors that end a run, in contrast to errors of one receiver of emails or deliveries."""

from service.errors import (
    DatabaseUnreachableError,
    DatabaseUnusableError,
    LockLostError,
    SamestoryError,
)

#: Errors that every receiver would have.
RUN_ERRORS = (DatabaseUnreachableError, DatabaseUnusableError, LockLostError)


def describe_error(error: Exception) -> str:
    """A text of one line for the owner of a receiver, without SQL or values from the database."""
    if isinstance(error, SamestoryError):
        return str(error)
    return f"internal error {type(error).__name__}; the log of the service has the details"
