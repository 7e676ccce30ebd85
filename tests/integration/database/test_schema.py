"""Migrations, and errors for incompatible databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

from service.errors import (
    DatabaseTooNewError,
    DatabaseTooOldError,
    DatabaseUnreachableError,
    DatabaseUnusableError,
    SettingsError,
)
from service.store.database import schema
from service.store.database.connections.connection import LimitedConnection
from service.store.database.embedded import EmbeddedServer
from service.store.database.schema import MIGRATION_LOCK as LOCK
from service.store.database.sessions import Sessions
from service.store.tables import Base


def test_migrated_schema_equals_metadata(engine: Engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_check_constraints_have_names_of_metadata(engine: Engine):
    """Alembic does not compare check constraints, but database errors name them."""
    query = "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid > 16383"
    with engine.connect() as connection:
        names = set(connection.scalars(text(query)))
    tables = Base.metadata.tables.values()
    checks = {str(each.name) for table in tables for each in table.constraints if each.name}
    assert names <= checks
    assert {name for name in checks if name.startswith("ck_")} <= names


def test_downgrade_and_upgrade_restore_schema(engine: Engine):
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
        remaining = (
            "SELECT count(*) FROM pg_trigger WHERE tgname IN ('touch_store', 'order_transitions')"
        )
        assert connection.scalar(text(remaining)) == 0
    assert "0006" in schema.upgrade(engine)
    test_migrated_schema_equals_metadata(engine)


def test_upgrade_is_idempotent(server: EmbeddedServer):
    engine = schema.make_engine(server.ensure_database("upgraded_twice"))
    assert schema.upgrade(engine) != []
    assert schema.upgrade(engine) == []
    assert schema.check(engine)
    engine.dispose()


def test_upgrade_of_a_current_schema_does_not_disturb_writers(engine: Engine, sessions: Sessions):
    # A writer has the shared lock until its commit; with an exclusive lock, `upgrade` would wait.
    with sessions() as session, ThreadPoolExecutor(1) as pool:
        session.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": LOCK})
        upgraded = pool.submit(schema.upgrade, engine)
        try:
            assert upgraded.result(timeout=5) == []
        finally:
            session.rollback()


def test_empty_database_is_too_old(server: EmbeddedServer):
    engine = schema.make_engine(server.ensure_database("never_upgraded"))
    with pytest.raises(DatabaseTooOldError, match="samestory db upgrade"):
        schema.check(engine)
    engine.dispose()


def test_database_of_later_version_is_too_new(engine: Engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNewError, match="upgrade samestory"):
        schema.check(engine)
    with pytest.raises(DatabaseTooNewError):
        schema.upgrade(engine)


def test_unreachable_database_error_hides_password():
    engine = schema.make_engine("postgresql://someone:hunter2@127.0.0.1:1/nowhere")
    with pytest.raises(DatabaseUnreachableError) as raised:
        schema.check(engine)
    assert "127.0.0.1:1/nowhere" in str(raised.value)
    assert "hunter2" not in str(raised.value)
    assert "\n" not in str(raised.value)
    engine.dispose()


def test_old_pgvector_raises(engine: Engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE pg_extension SET extversion = '0.4.4'"))
    with pytest.raises(DatabaseUnusableError, match=r"pgvector 0\.4\.4 is too old"):
        schema.check(engine)


@pytest.mark.parametrize("url", ["sqlite:///x.db", "mysql://h/d", "nonsense"])
def test_non_postgres_url_raises(url: str):
    with pytest.raises(SettingsError, match="postgresql://"):
        schema.make_engine(url)


def test_second_engine_can_upgrade_after_first(database_url: str):
    first, second = schema.make_engine(database_url), schema.make_engine(database_url)
    schema.upgrade(first)
    assert schema.upgrade(second) == []
    first.dispose()
    second.dispose()


def test_connection_returned_after_the_engine_was_disposed_of_is_closed(engine: Engine):
    connection = engine.connect()
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, LimitedConnection)
    engine.dispose()
    connection.close()
    assert raw.closed
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
    assert isinstance(raw, LimitedConnection)
    assert not raw.closed
