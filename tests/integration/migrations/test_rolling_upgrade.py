"""Upgrades while the last release runs: migrations only add, and an ordinary owner applies them."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from service.errors import DatabaseUnusableError
from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from tests.support.database.migrations import database_at, migrate

#: Head of the last release. Raise it with each release.
RELEASED = "0035"
COLUMNS = """
SELECT table_name || '.' || column_name, data_type,
       is_nullable = 'YES' OR column_default IS NOT NULL OR is_identity = 'YES'
FROM information_schema.columns WHERE table_schema = 'public'
"""
#: Keys that statements of the release name in ON CONFLICT.
KEYS = """
SELECT indexrelid::regclass::text FROM pg_index
WHERE indisunique AND indrelid::regclass::text NOT LIKE 'pg_%'
"""


def columns(connection: Connection) -> dict[str, tuple[str, bool]]:
    """Type of each column, and whether an INSERT may omit it."""
    return {name: (kind, free) for name, kind, free in connection.execute(text(COLUMNS))}


def test_migrations_since_the_last_release_only_add(server: EmbeddedServer):
    with database_at(server, "rolling", RELEASED) as engine:
        with engine.connect() as connection:
            before, keys = columns(connection), set(connection.scalars(text(KEYS)))
        schema.upgrade(engine)
        with engine.connect() as connection:
            after, later_keys = columns(connection), set(connection.scalars(text(KEYS)))
    tables = {name.split(".")[0] for name in before}
    assert len(tables) > 30
    for name, (kind, may_be_omitted) in before.items():
        assert after[name][0] == kind, name
        assert after[name][1] or not may_be_omitted, name
    added = [name for name in after.keys() - before.keys() if name.split(".")[0] in tables]
    assert [name for name in added if not after[name][1]] == []
    assert keys <= later_keys


@pytest.fixture
def owner_url(server: EmbeddedServer) -> Iterator[str]:
    """URL of an empty database that belongs to a role without privileges."""
    if not isinstance(server, EmbeddedServer):
        pytest.skip("the role must be able to log in to the server")
    admin = create_engine(server.url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE ROLE plain"))
        connection.execute(text("CREATE DATABASE owned OWNER plain"))
    # The server on the socket accepts one role only; the session then has the rights of the other.
    yield server.url("owned") + "&options=-c%20role%3Dplain"
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE owned WITH (FORCE)"))
        connection.execute(text("DROP ROLE plain"))
    admin.dispose()


def test_ordinary_owner_upgrades_if_the_extension_exists(server: EmbeddedServer, owner_url: str):
    engine: Engine = schema.make_engine(owner_url)
    with pytest.raises(DatabaseUnusableError, match="CREATE EXTENSION vector"):
        schema.upgrade(engine)
    admin = create_engine(server.url("owned"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE EXTENSION vector"))
    admin.dispose()
    assert schema.upgrade(engine)[0] == "0001"
    migrate(engine, RELEASED, up=False)
    assert schema.upgrade(engine)[-1] == schema.head_revision()
    assert schema.check(engine) == schema.head_revision()
    engine.dispose()
