"""Databases moved from one revision of the schema to another."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from service.store import schema


def moved(engine: Engine, revision: str, *, up: bool) -> None:
    """Bring a database to a revision, upwards or back."""
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = connection
        (command.upgrade if up else command.downgrade)(config, revision)
