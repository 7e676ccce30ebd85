"""The schema's version: bring a database up to date, or say why it can't be used."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, ProgrammingError

from service.errors import (
    DatabaseTooNewError,
    DatabaseTooOldError,
    DatabaseUnfitError,
    DatabaseUnreachableError,
    SettingsError,
)

MIGRATIONS = Path(__file__).parent / "migrations"
OLDEST_POSTGRES = 15
#: Key of the advisory lock that lets one process migrate at a time.
MIGRATION_LOCK = 7_261_001


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
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise SettingsError(f"DATABASE_URL is no valid address: {error}") from error


def upgrade(engine: Engine) -> list[str]:
    """Apply missing migrations; their revisions, oldest first. Safe from several processes.

    Raises:
        DatabaseError: unreachable, unfit, or migrated by a newer version.
    """
    with _open(engine) as connection, _alone(connection):
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
    with _open(engine) as connection:
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


def _open(engine: Engine) -> Connection:
    try:
        connection = engine.connect()
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[-1]
        where = engine.url.render_as_string(hide_password=True)
        raise DatabaseUnreachableError(
            f"no database answers at {where}: {reason}; start it or correct DATABASE_URL"
        ) from error
    number = connection.scalar(text("SELECT current_setting('server_version_num')"))
    version = int(number or 0) // 10_000
    if version < OLDEST_POSTGRES:
        connection.close()
        raise DatabaseUnfitError(
            f"Postgres {version} is too old; samestory needs {OLDEST_POSTGRES} or later"
        )
    return connection


def _need_vectors(connection: Connection) -> None:
    try:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
        connection.commit()
    except (OperationalError, ProgrammingError) as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise DatabaseUnfitError(
            f"the database lacks pgvector ({reason}); install the extension on the server, or let "
            "its administrator run CREATE EXTENSION vector"
        ) from error


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
