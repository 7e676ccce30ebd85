"""`samestory db`: upgrade or check the database schema."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from sqlalchemy import Engine

from service.settings import load as settings_module
from service.store.database import schema
from service.store.database.sessions import open_engine

app = typer.Typer(help="Upgrade or check the database schema.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Apply missing migrations of the database schema. Does nothing if there are none."""
    with _engine() as engine:
        applied = schema.upgrade(engine)
    print(f"applied: {', '.join(applied)}" if applied else "the database is up to date")


@app.command()
def check() -> None:
    """Check that the database has the schema revision of this version of samestory.

    If not, the command prints the reason and exits with 1. To update the database, run
    `samestory db upgrade`.
    """
    with _engine() as engine:
        print(f"the database is up to date at revision {schema.check(engine)}")


@contextmanager
def _engine() -> Iterator[Engine]:
    with open_engine(settings_module.load().database) as engine:
        yield engine
