"""`samestory db`: bring the schema up to date, or check it."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from sqlalchemy import Engine

from service.settings import load as settings_module
from service.store.database import schema
from service.store.database.sessions import open_engine

app = typer.Typer(help="The database: upgrade or check its schema.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Apply missing migrations; repeating changes nothing."""
    with _engine() as engine:
        applied = schema.upgrade(engine)
    print(f"applied: {', '.join(applied)}" if applied else "the database is up to date")


@app.command()
def check() -> None:
    """Say whether the database can be used; exit 1 with the reason if not."""
    with _engine() as engine:
        print(f"the database is up to date at revision {schema.check(engine)}")


@contextmanager
def _engine() -> Iterator[Engine]:
    place = settings_module.load().database
    with open_engine(place.url, data_dir=place.data_dir, name=place.name) as engine:
        yield engine
