"""The schema's version: bring a database up to date, or say why it can't be used."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from service.errors import (
    DatabaseTooNewError,
    DatabaseTooOldError,
    DatabaseUnfitError,
    SettingsError,
)
from service.store.database.errors import explained, reason

MIGRATIONS = Path(__file__).parents[1] / "migrations"
OLDEST_POSTGRES = 15
#: The first with searches that go on behind a filter (hnsw.iterative_scan).
OLDEST_VECTORS = "0.8"
#: Key of the advisory lock that lets one process migrate at a time.
MIGRATION_LOCK = 7_261_001

#: Connections kept, and as many more in a rush: each job holds two, its lock's and its own.
POOL = 16
CONNECT_SECONDS = 10


def connect(url: str) -> Engine:
    """An engine for Postgres at `url`; nothing is opened yet.

    Raises:
        SettingsError: the url is not one of Postgres.
    """
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            url = f"postgresql+psycopg://{url.removeprefix(prefix)}"
    if not url.startswith("postgresql+psycopg://"):
        raise SettingsError(
            "DATABASE_URL must begin with postgresql://; samestory runs on Postgres"
        )
    try:
        return create_engine(
            url,
            pool_pre_ping=True,
            pool_size=POOL,
            max_overflow=POOL,
            connect_args={"connect_timeout": CONNECT_SECONDS},
        )
    except (ArgumentError, ValueError) as error:
        raise SettingsError(f"DATABASE_URL is no valid address: {error}") from error


def upgrade(engine: Engine) -> list[str]:
    """Apply missing migrations; their revisions, oldest first. Safe from several processes.

    Raises:
        DatabaseError: unreachable, unfit, or migrated by a newer version.
    """
    with explained(engine), _open(engine) as connection, _alone(connection):
        missing = _missing(connection)
        if missing:
            _need_vectors(connection)
            command.upgrade(_config(connection), "head")
            connection.commit()
        return missing


def check(engine: Engine) -> str:
    """The schema's revision, when it is the one this version needs.

    Raises:
        DatabaseError: unreachable, unfit, too old or too new; the message says what to do.
    """
    with explained(engine), _open(engine) as connection:
        if missing := _missing(connection):
            raise DatabaseTooOldError(
                f"the database lacks {len(missing)} migration(s); run: samestory db upgrade"
            )
        _need_vectors(connection)
        return str(_scripts().get_current_head())


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Hold the migration lock; given back by hand, since the connection lives on in its pool."""
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()


@contextmanager
def _open(engine: Engine) -> Iterator[Connection]:
    """A connection to a server that is new enough."""
    with engine.connect() as connection:
        number = connection.scalar(text("SELECT current_setting('server_version_num')"))
        version = int(number or 0) // 10_000
        if version < OLDEST_POSTGRES:
            raise DatabaseUnfitError(
                f"Postgres {version} is too old; samestory needs {OLDEST_POSTGRES} or later"
            )
        yield connection


def _need_vectors(connection: Connection) -> None:
    try:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        raise DatabaseUnfitError(
            f"the database lacks pgvector ({reason(error)}); install the extension on the server, "
            "or let its administrator run CREATE EXTENSION vector"
        ) from error
    query = text("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    version = str(connection.scalar(query))
    connection.commit()
    if _numbers(version) < _numbers(OLDEST_VECTORS):
        raise DatabaseUnfitError(
            f"pgvector {version} is too old, samestory needs {OLDEST_VECTORS} or later; upgrade it "
            "on the server, then run ALTER EXTENSION vector UPDATE"
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def _missing(connection: Connection) -> list[str]:
    """Revisions that the database lacks, oldest first."""
    current = MigrationContext.configure(connection).get_current_revision()
    known = [script.revision for script in _scripts().walk_revisions()][::-1]
    connection.commit()
    if current is not None and current not in known:
        raise DatabaseTooNewError(
            f"the database was migrated by a newer samestory (revision {current}); upgrade samestory"
        )
    return known[known.index(current) + 1 :] if current else known


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
