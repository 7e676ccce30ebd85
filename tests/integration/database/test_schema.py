"""Migrations, and what is said of a database that does not fit."""

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

from service.errors import (
    DatabaseTooNewError,
    DatabaseTooOldError,
    DatabaseUnusableError,
    DatabaseUnreachableError,
    SettingsError,
)
from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from service.store.tables import Base


def test_migrations_give_exactly_the_tables_of_the_code(engine: Engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_constraints_bear_the_names_of_the_code(engine: Engine):
    """Alembic does not compare checks; a message of the database names them."""
    found = "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid > 16383"
    with engine.connect() as connection:
        names = set(connection.scalars(text(found)))
    tables = Base.metadata.tables.values()
    checks = {str(each.name) for table in tables for each in table.constraints if each.name}
    assert names <= checks
    assert {name for name in checks if name.startswith("ck_")} <= names


def test_migrations_can_be_taken_back_and_made_again(engine: Engine):
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
        left = (
            "SELECT count(*) FROM pg_trigger WHERE tgname IN ('touch_store', 'order_transitions')"
        )
        assert connection.scalar(text(left)) == 0
    assert "0006" in schema.upgrade(engine)
    test_migrations_give_exactly_the_tables_of_the_code(engine)


def test_upgrading_twice_changes_nothing(server: EmbeddedServer):
    engine = schema.make_engine(server.ensure_database("upgraded_twice"))
    assert schema.upgrade(engine) != []
    assert schema.upgrade(engine) == []
    assert schema.check(engine)
    engine.dispose()


def test_a_database_without_migrations_is_too_old(server: EmbeddedServer):
    engine = schema.make_engine(server.ensure_database("never_upgraded"))
    with pytest.raises(DatabaseTooOldError, match="samestory db upgrade"):
        schema.check(engine)
    engine.dispose()


def test_a_database_of_a_later_version_is_too_new(engine: Engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNewError, match="upgrade samestory"):
        schema.check(engine)
    with pytest.raises(DatabaseTooNewError):
        schema.upgrade(engine)


def test_nothing_listening_is_said_in_one_line_without_the_password():
    engine = schema.make_engine("postgresql://someone:hunter2@127.0.0.1:1/nowhere")
    with pytest.raises(DatabaseUnreachableError) as caught:
        schema.check(engine)
    assert "127.0.0.1:1/nowhere" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)
    engine.dispose()


def test_an_old_pgvector_is_refused(engine: Engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE pg_extension SET extversion = '0.4.4'"))
    with pytest.raises(DatabaseUnusableError, match=r"pgvector 0\.4\.4 is too old"):
        schema.check(engine)


@pytest.mark.parametrize("url", ["sqlite:///x.db", "mysql://h/d", "nonsense"])
def test_another_kind_of_database_is_refused(url: str):
    with pytest.raises(SettingsError, match="postgresql://"):
        schema.make_engine(url)


def test_whoever_upgraded_does_not_keep_others_from_it(database_url: str):
    first, second = schema.make_engine(database_url), schema.make_engine(database_url)
    schema.upgrade(first)
    assert schema.upgrade(second) == []
    first.dispose()
    second.dispose()
