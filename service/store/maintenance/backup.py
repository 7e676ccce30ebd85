"""Backup of a database into a file, and restore into an empty database."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, inspect, text

from service.errors import BadInputError, DatabaseError
from service.store.database import schema
from service.store.database.connections.engines import derived_engine
from service.store.database.connections.limits import UNLIMITED
from service.store.database.errors import translate_database_errors
from service.store.maintenance.programs import (
    discard_output,
    find_program,
    run_offline,
    run_program,
)
from service.store.tables import Base, RateBucketRow

#: Tables whose rows are not in backups: addresses of clients.
UNLOGGED = {RateBucketRow.__tablename__}


@dataclass(frozen=True, slots=True)
class Backup:
    """A verified backup: size of the file, and the number of tables with data."""

    size: int  #: bytes
    tables: int


def backup_name(now: datetime) -> str:
    """Name of a new backup file, by its time."""
    return f"samestory-{now:%Y%m%dT%H%M%S}.backup"


def back_up_before_upgrade(engine: Engine, folder: Path, *, now: datetime) -> Path | None:
    """Back up a database with missing migrations into a new file.

    Returns None if no migration is missing or the database is empty.

    Raises:
        BadInputError: the folder cannot be written.
        DatabaseError: as in `back_up`.
    """
    with translate_database_errors(engine):
        if not schema.find_missing(engine) or not inspect(engine).has_table("alembic_version"):
            return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"Cannot create {folder}: {error.strerror}") from error
    file = folder / backup_name(now)
    back_up(engine, file, any_revision=True)
    return file


def back_up(engine: Engine, file: Path, *, any_revision: bool = False) -> Backup:
    """Write a consistent backup with pg_dump in its custom format. The service can keep running.

    With `any_revision`, migrations may be missing in the database.

    The file appears only when the backup is complete and readable from start to end. Only its owner
    may read it, because it contains addresses of subscribers.

    Raises:
        BadInputError: the file exists, or its folder cannot be written.
        DatabaseError: the database is unreachable, or pg_dump failed.
    """
    partial = file.with_name(f"{file.name}.partial")
    try:
        if file.exists():
            raise BadInputError(f"{file} exists; choose another name")
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode=0o600))
    except OSError as error:
        raise BadInputError(f"Cannot write {partial}: {error.strerror}") from error
    try:
        with translate_database_errors(engine):
            if not any_revision:
                schema.check(engine)
            expected = (Base.metadata.tables.keys() - UNLOGGED) & set(
                inspect(engine).get_table_names()
            )
            content = ("--no-owner", "--no-privileges", "--no-unlogged-table-data")
            run_program(engine, "pg_dump", "--format=custom", *content, f"--file={partial}")
            tables = verify(engine, partial)
        if missing := sorted(expected - tables):
            raise DatabaseError(f"The backup lacks the tables {', '.join(missing)}")
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return Backup(file.stat().st_size, len(tables))


def verify(engine: Engine, file: Path) -> set[str]:
    """Read a backup from start to end; returns the tables whose rows it contains.

    Raises:
        DatabaseError: the file is not a complete backup.
    """
    program = find_program(engine, "pg_restore")
    discard_output(program, "--file=-", str(file))
    listed = run_offline(program, "--list", str(file)).splitlines()
    return {line.split()[-2] for line in listed if " TABLE DATA " in line}


def restore(engine: Engine, file: Path) -> str:
    """Restore a backup into an empty database in one transaction; returns its schema revision.

    A backup of an earlier version needs `schema.upgrade` afterwards.

    Raises:
        BadInputError: the file cannot be read, or the database is not empty.
        DatabaseError: the database is unreachable, or pg_restore failed; nothing is restored then.
    """
    try:
        file.open("rb").close()
    except OSError as error:
        raise BadInputError(f"Cannot read {file}: {error.strerror}") from error
    with translate_database_errors(engine):
        if tables := inspect(engine).get_table_names():
            raise BadInputError(
                f"The database is not empty: it has the table {tables[0]}; set DATABASE_URL or "
                "SAMESTORY_DATABASE__NAME to an empty one"
            )
        verify(engine, file)
        schema.require_extension(engine)
        # Comments on extensions require their owner.
        options = ("--no-owner", "--no-privileges", "--no-comments")
        run_program(
            engine, "pg_restore", "--exit-on-error", "--single-transaction", *options, str(file)
        )
        with (
            derived_engine(engine, UNLIMITED) as unlimited,
            unlimited.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        ):
            connection.execute(text("ANALYZE"))
            return str(connection.scalar(text("SELECT version_num FROM alembic_version")))
