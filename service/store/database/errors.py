"""Translation of driver errors into `DatabaseError`, by SQLSTATE."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from service.errors import DatabaseError, DatabaseUnreachableError, DatabaseUnusableError
from service.errors.redaction import DATABASE_OPTIONS

#: SQLSTATEs, or classes of them, that depend on the server's state and not on a bug of ours:
#: insufficient resources, operator intervention, system error, a transaction that lost a race.
FAILED = ("53", "57", "58", "40", "55P03")
#: The setup of the database forbids the statement: a read-only server, a missing privilege or
#: table.
UNUSABLE = ("25006", "42501", "42P01", "3F000")
#: No connection, wrong password, no such database, or a server that starts or shuts down.
UNREACHABLE = ("08", "28", "3D000", "57P01", "57P02", "57P03")


@contextmanager
def translate_database_errors(engine: Engine) -> Iterator[None]:
    """Raise driver errors as `DatabaseError` with a message of one line; bugs pass unchanged.

    Raises:
        DatabaseError: the database is unreachable or unusable, or a statement failed.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise DatabaseError(
            f"All database connections are in use: {_first_line(error)}; retry later"
        ) from error
    except DBAPIError as error:
        if (translated := _translate(engine, error)) is None:
            raise
        raise translated from error


def driver_message(error: DBAPIError) -> str:
    """Return the first line of the driver's message."""
    return _first_line(error.orig)


def _translate(engine: Engine, error: DBAPIError) -> DatabaseError | None:
    state = getattr(error.orig, "sqlstate", None) or ""
    # No SQLSTATE: the error is not from the server. Either the connection failed, or we misused
    # the driver.
    lost = not state and (isinstance(error, OperationalError) or error.statement is None)
    if lost or error.connection_invalidated or state.startswith(UNREACHABLE):
        query = {
            name: value if name in DATABASE_OPTIONS else "hidden"
            for name, value in engine.url.query.items()
        }
        url = engine.url.set(drivername="postgresql", query=query)
        return DatabaseUnreachableError(
            f"Cannot connect to the database at {url.render_as_string(hide_password=True)}: "
            f"{driver_message(error)}; start the server or correct DATABASE_URL"
        )
    if state.startswith(UNUSABLE):
        return DatabaseUnusableError(f"The database cannot be used: {driver_message(error)}")
    if state.startswith(FAILED):
        return DatabaseError(f"The database failed: {driver_message(error)}")
    return None


def _first_line(error: object) -> str:
    lines = (line.strip() for line in str(error).splitlines())
    return next((line for line in lines if line), type(error).__name__)
