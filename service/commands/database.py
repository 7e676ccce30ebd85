"""`samestory db`: upgrade, check, back up or restore the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from service.commands.running.times import utc_now
from service.errors import DatabaseUnusableError
from service.settings import load as settings_module
from service.store.database import schema
from service.store.database.sessions import open_engine
from service.store.maintenance.backup import back_up, back_up_before_upgrade, backup_name
from service.store.maintenance.backup import restore as restore_backup
from service.store.maintenance.comparison import find_differences

app = typer.Typer(help="Upgrade, check, back up or restore the database.", no_args_is_help=True)


@app.command()
def upgrade(
    *,
    backup_folder: Annotated[
        Path | None,
        typer.Option(
            "--backup",
            help="Folder for a backup, which is written first if migrations are missing.",
        ),
    ] = None,
) -> None:
    """Apply missing migrations of the database schema. Does nothing if there are none."""
    with _engine() as engine:
        if backup_folder and (file := back_up_before_upgrade(engine, backup_folder, now=utc_now())):
            print(f"backup before the upgrade: {file}")
        applied = schema.upgrade(engine)
    print(f"applied: {', '.join(applied)}" if applied else "the database is up to date")


@app.command()
def check() -> None:
    """Check that the database has the revision, tables, columns and indexes of this version.

    If not, the command prints the differences and exits with 1. To apply missing migrations, run
    `samestory db upgrade`.
    """
    with _engine() as engine:
        revision = schema.check(engine)
        if differences := find_differences(engine):
            raise DatabaseUnusableError(
                f"The database has revision {revision}, but differs from it: "
                f"{'; '.join(differences)}. Undo manual changes, or restore a backup"
            )
        print(f"the database is up to date at revision {revision}")


@app.command()
def backup(
    file: Annotated[
        Path, typer.Argument(help="File to write, which must not exist; or an existing folder.")
    ],
) -> None:
    """Write a verified backup of the database to a file, while the service may run.

    In a folder, the name of the file contains the time.

    The file has the custom format of pg_dump. Only its owner may read it.
    """
    with _engine() as engine:
        if file.is_dir():
            file /= backup_name(utc_now())
        made = back_up(engine, file)
    print(f"{file}: {made.tables} tables, {made.size / 1e6:.1f} MB, verified")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="Backup written by `samestory db backup`.")],
) -> None:
    """Restore a backup into an empty database.

    Stop all samestory processes of this database first. SAMESTORY_DATABASE__NAME selects another
    database of the embedded server.
    """
    with _engine() as engine:
        revision = restore_backup(engine, file)
        applied = schema.upgrade(engine)
    print(f"restored {file} at revision {revision}")
    if applied:
        print(f"applied: {', '.join(applied)}")


@contextmanager
def _engine() -> Iterator[Engine]:
    with open_engine(settings_module.load().database) as engine:
        yield engine
