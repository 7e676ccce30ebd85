"""What a database's trouble means to whoever uses it: the driver's errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from service.errors import DatabaseError, DatabaseUnfitError, DatabaseUnreachableError

#: SQLSTATEs, or classes of them, that come from the server's state and not from a bug of ours:
#: resources used up, an operator's intervention, a system error, a transaction that lost a race.
FAILED = ("53", "57", "58", "40", "55P03")
#: What the database, as it was set up, does not let us do: a read-only server, a right or a
#: table that is missing.
UNFIT = ("25006", "42501", "42P01", "3F000")
#: No connection, the wrong password, no such database, a server that shuts down or starts.
UNREACHABLE = ("08", "28", "3D000", "57P01", "57P02", "57P03")


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Let trouble with the database leave as a DatabaseError of one line; bugs leave as they are.

    Raises:
        DatabaseError: unreachable, unfit, or it failed; the message says why.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise DatabaseError(f"no connection to the database became free: {_line(error)}") from error
    except DBAPIError as error:
        if (meaning := _meaning(engine, error)) is None:
            raise
        raise meaning from error


def reason(error: DBAPIError) -> str:
    """The driver's own words in one line."""
    return _line(error.orig)


def _meaning(engine: Engine, error: DBAPIError) -> DatabaseError | None:
    state = getattr(error.orig, "sqlstate", None) or ""
    # Without a state it did not come from the server: no connection, or wrong use of the driver.
    lost = not state and (isinstance(error, OperationalError) or error.statement is None)
    if lost or error.connection_invalidated or state.startswith(UNREACHABLE):
        return DatabaseUnreachableError(
            f"no database answers at {_address(engine)}: {reason(error)}; "
            "start it or correct DATABASE_URL"
        )
    if state.startswith(UNFIT):
        return DatabaseUnfitError(f"the database cannot be used: {reason(error)}")
    if state.startswith(FAILED):
        return DatabaseError(f"the database failed: {reason(error)}")
    return None


def _address(engine: Engine) -> str:
    """Where the database is, without what is secret."""
    url = engine.url.set(drivername="postgresql").difference_update_query(["password"])
    return url.render_as_string(hide_password=True)


def _line(error: object) -> str:
    lines = (line.strip() for line in str(error).splitlines())
    return next((line for line in lines if line), type(error).__name__)
