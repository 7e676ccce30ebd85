"""Schema version: apply Alembic migrations, check that the database is compatible."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from service.errors import (
    DatabaseTooNewError,
    DatabaseTooOldError,
    DatabaseUnusableError,
    SettingsError,
)
from service.store.database.connections.engines import derived_engine, make_limited_engine
from service.store.database.connections.limits import UNLIMITED, ConnectionLimits
from service.store.database.connections.server_state import ServerState
from service.store.database.errors import driver_message, translate_database_errors

MIGRATIONS = Path(__file__).parents[1] / "migrations"
MIN_POSTGRES_VERSION = 15
#: The first version with iterative index scans for filtered searches (hnsw.iterative_scan).
MIN_PGVECTOR_VERSION = "0.8"
#: Key of the advisory lock that lets one process migrate at a time.
MIGRATION_LOCK = 7_261_001

#: Limits of engines that are created without settings.
DEFAULT_LIMITS = ConnectionLimits()


def make_engine(
    url: str,
    limits: ConnectionLimits = DEFAULT_LIMITS,
    state: ServerState | None = None,
    *,
    password: str = "",
) -> Engine:
    """Create an engine for the Postgres database at `url`, without connecting yet.

    `password` is for a `url` without one.

    Raises:
        SettingsError: `url` is not a Postgres URL.
    """
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            url = f"postgresql+psycopg://{url.removeprefix(prefix)}"
    if not url.startswith("postgresql+psycopg://"):
        raise SettingsError("Invalid DATABASE_URL: expected a URL that begins with postgresql://")
    try:
        parsed = make_url(url)
        if password and not parsed.password:
            parsed = parsed.set(password=password)
        return make_limited_engine(parsed, limits, state or ServerState())
    except (ArgumentError, ValueError) as error:
        raise SettingsError(f"Invalid DATABASE_URL: {error}") from error


def upgrade(engine: Engine) -> list[str]:
    """Apply missing migrations and return their revisions, oldest first; safe to run concurrently.

    Raises:
        DatabaseError: the database is unreachable, unusable, or was migrated by a newer version.
    """
    with (
        translate_database_errors(engine),
        derived_engine(engine, UNLIMITED) as unlimited,
        _supported_connection(unlimited) as connection,
    ):
        missing = _missing_revisions(connection)
        connection.rollback()
        # Every command calls this function, and while the lock is held nothing can be committed.
        return _upgrade_with_lock(connection) if missing else []


def _upgrade_with_lock(connection: Connection) -> list[str]:
    with _migration_lock(connection):
        missing = _missing_revisions(connection)  # another process may have applied them
        if missing:
            _require_pgvector(connection)
            command.upgrade(_config(connection), "head")
            connection.commit()
        return missing


def find_missing(engine: Engine) -> list[str]:
    """Return the revisions that the database lacks, oldest first.

    Raises:
        DatabaseError: the database is unreachable, unusable, or was migrated by a newer version.
    """
    with translate_database_errors(engine), _supported_connection(engine) as connection:
        return _missing_revisions(connection)


def check(engine: Engine) -> str:
    """Return the schema's revision if it is the one that this version requires.

    Raises:
        DatabaseError: the database is unreachable, unusable, too old or too new. The message states
            the remedy.
    """
    with translate_database_errors(engine), _supported_connection(engine) as connection:
        if missing := _missing_revisions(connection):
            raise DatabaseTooOldError(
                f"The database lacks {len(missing)} migration(s); run: "
                "samestory db upgrade --backup FOLDER"
            )
        _require_pgvector(connection)
        return head_revision()


@cache
def head_revision() -> str:
    """Return the revision of the schema that this version requires."""
    return str(_scripts().get_current_head())


def require_extension(engine: Engine) -> None:
    """Create the extension pgvector unless it exists.

    Raises:
        DatabaseError: the database is unreachable, or pgvector is missing or too old.
    """
    with translate_database_errors(engine), _supported_connection(engine) as connection:
        _require_pgvector(connection)


@contextmanager
def _migration_lock(connection: Connection) -> Iterator[None]:
    # Released explicitly: the connection returns to the pool and stays open.
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()


@contextmanager
def _supported_connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        number = connection.scalar(text("SELECT current_setting('server_version_num')"))
        version = int(number or 0) // 10_000
        if version < MIN_POSTGRES_VERSION:
            raise DatabaseUnusableError(
                f"Postgres {version} is too old; samestory requires {MIN_POSTGRES_VERSION} or later"
            )
        yield connection


def _require_pgvector(connection: Connection) -> None:
    try:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        raise DatabaseUnusableError(
            f"The database lacks pgvector ({driver_message(error)}); install the extension on the "
            "server, or let its administrator run CREATE EXTENSION vector"
        ) from error
    query = text("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    version = str(connection.scalar(query))
    connection.commit()
    if _version_numbers(version) < _version_numbers(MIN_PGVECTOR_VERSION):
        raise DatabaseUnusableError(
            f"pgvector {version} is too old; samestory requires {MIN_PGVECTOR_VERSION} or later. "
            "Upgrade it on the server, then run ALTER EXTENSION vector UPDATE"
        )


def _version_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def _missing_revisions(connection: Connection) -> list[str]:
    """Return the revisions that the database lacks, oldest first."""
    current = MigrationContext.configure(connection).get_current_revision()
    revisions = [script.revision for script in _scripts().walk_revisions()][::-1]
    connection.commit()
    if current is not None and current not in revisions:
        raise DatabaseTooNewError(
            f"The database was migrated by a newer samestory (revision {current}); "
            "upgrade samestory"
        )
    return revisions[revisions.index(current) + 1 :] if current else revisions


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
