"""`samestory db`: upgrade, check, back up or restore the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from jobs.running.context import never_stop
from service.commands.running.store import open_store
from service.commands.running.times import utc_now
from service.errors import DatabaseUnusableError
from service.settings import load as settings_module
from service.store.database import schema
from service.store.database.sessions import open_engine
from service.store.maintenance.backup import back_up, back_up_before_upgrade, backup_name
from service.store.maintenance.backup import restore as restore_backup
from service.store.maintenance.comparison import find_differences
from service.store.maintenance.retention import apply_rules, list_rules

app = typer.Typer(
    help="Upgrade, check, back up, restore or prune the database.", no_args_is_help=True
)


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
    """Write a verified backup of the database to a file. The service can keep running.

    If FILE is a folder, the name of the new file contains the time. The file has the custom format
    of pg_dump. Only its owner may read it.
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


@app.command()
def prune(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count the rows; change nothing.")
    ] = False,
) -> None:
    """Delete details that are older than the settings `retention.*` allow.

    The job tidy does the same each hour. Articles, stories, memberships and transitions are kept.
    """
    with open_store() as store:
        settings, now = store.settings, store.clock()
        rules = list_rules(settings.retention, in_use=settings.details_in_use)
        if dry_run:
            with store.sessions() as session:
                counts = [(rule.kind, rule.count(session, now=now)) for rule in rules]
        else:
            applied = apply_rules(store.sessions, rules, now=now, stop_requested=never_stop)
            counts = list(applied)
    for kind, count in counts:
        print(f"{kind}: {count} rows {'would be' if dry_run else 'were'} deleted or emptied")


@contextmanager
def _engine() -> Iterator[Engine]:
    with open_engine(settings_module.load().database) as engine:
        yield engine
