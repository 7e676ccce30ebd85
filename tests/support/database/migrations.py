"""Databases at a revision of the schema; upgrades and downgrades."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from tests.support.database.external_server import ExternalServer


@contextmanager
def database_at(
    server: EmbeddedServer | ExternalServer, name: str, revision: str
) -> Iterator[Engine]:
    """Create an empty database at a revision."""
    engine = schema.make_engine(server.ensure_database(name))
    with engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
    migrate(engine, revision, up=True)
    try:
        yield engine
    finally:
        engine.dispose()


def migrate(engine: Engine, revision: str, *, up: bool) -> None:
    """Upgrade or downgrade a database to a revision."""
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = connection
        (command.upgrade if up else command.downgrade)(config, revision)
