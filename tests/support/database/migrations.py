"""Databases moved from one revision of the schema to another."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from service.store.database import schema
from service.store.database.embedded import EmbeddedServer


@contextmanager
def database_of(server: EmbeddedServer, name: str, revision: str) -> Iterator[Engine]:
    """A database of that name as it was at a revision, empty."""
    made = schema.make_engine(server.ensure_database(name))
    with made.begin() as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
    moved(made, revision, up=True)
    try:
        yield made
    finally:
        made.dispose()


def moved(engine: Engine, revision: str, *, up: bool) -> None:
    """Bring a database to a revision, upwards or back."""
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = connection
        (command.upgrade if up else command.downgrade)(config, revision)
