"""Backup and restore: every row comes back; incomplete files and used databases are rejected."""

import itertools
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from service.errors import BadInputError, DatabaseError
from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from service.store.database.sessions import Sessions, make_sessions
from service.store.maintenance.backup import back_up, restore
from service.store.maintenance.comparison import find_differences
from service.store.tables import Base, RateBucketRow
from tests.integration.conftest import NOW
from tests.support.content.site.site_content import fill
from tests.support.database.embedded_articles import embed_all_articles
from tests.support.database.rows import Rows

#: Numbers of empty databases.
NUMBERS = itertools.count(1)


@pytest.fixture
def filled(engine: Engine, sessions: Sessions) -> Engine:
    """A database with the sample content and vectors."""
    with sessions.begin() as session:
        fill(session)
        embed_all_articles(session)
    return engine


@pytest.fixture
def empty(server: EmbeddedServer) -> Iterator[Engine]:
    """An engine on a database without any table."""
    engine = schema.make_engine(server.ensure_database(f"empty_{next(NUMBERS)}"))
    yield engine
    engine.dispose()


def rows_of(engine: Engine) -> dict[str, list[str]]:
    """Return all rows of all tables as sorted texts."""
    with engine.connect() as connection:
        return {
            table: sorted(connection.scalars(text(f'SELECT t::text FROM "{table}" AS t')))
            for table in [*Base.metadata.tables, "alembic_version"]
        }


def test_restored_database_equals_the_original_row_by_row(
    filled: Engine, empty: Engine, tmp_path: Path
):
    with make_sessions(filled).begin() as session:  # an address, which needs no backup
        session.add(RateBucketRow(client="192.0.2.7", remaining=1.0, at=NOW))
    file = tmp_path / "stories.backup"
    made = back_up(filled, file)
    assert made.tables >= len(Base.metadata.tables)
    assert made.size == file.stat().st_size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]
    assert restore(empty, file) == schema.head_revision()
    expected = rows_of(filled) | {"rate_buckets": []}
    assert rows_of(empty) == expected
    assert sum(map(len, expected.values())) > 100
    assert find_differences(empty) == []
    with make_sessions(empty).begin() as session:  # sequences continue, triggers work
        Rows(session).outlet("after-the-restore")


def test_backup_during_writes_is_consistent(
    filled: Engine, sessions: Sessions, empty: Engine, tmp_path: Path
):
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with sessions.begin() as session:  # a family, and an outlet that refers to it
                Rows(session).outlet(f"new-{number}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        back_up(filled, tmp_path / "b")
    finally:
        stop.set()
        writer.join(20)
    restore(empty, tmp_path / "b")
    restored = rows_of(empty)
    assert len(restored["outlets"]) <= len(rows_of(filled)["outlets"])
    assert sum("new-" in row for row in restored["outlets"]) == sum(
        "new-" in row for row in restored["families"]
    )


def test_existing_file_is_not_replaced(filled: Engine, tmp_path: Path):
    file = tmp_path / "taken"
    file.write_text("precious", encoding="utf-8")
    with pytest.raises(BadInputError, match="exists; choose another name"):
        back_up(filled, file)
    assert file.read_text(encoding="utf-8") == "precious"
    with pytest.raises(BadInputError, match=r"Cannot write .*No such file"):
        back_up(filled, tmp_path / "missing" / "file")


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) * 2 // 3], lambda _: b"not one"])
def test_damaged_file_restores_nothing(
    filled: Engine, empty: Engine, tmp_path: Path, damage: Callable[[bytes], bytes]
):
    file = tmp_path / "b"
    back_up(filled, file)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(DatabaseError, match=r"pg_restore failed: \S") as caught:
        restore(empty, file)
    assert "\n" not in str(caught.value)
    assert inspect(empty).get_table_names() == []


def test_restore_needs_an_empty_database_and_a_file(filled: Engine, empty: Engine, tmp_path: Path):
    file = tmp_path / "b"
    back_up(filled, file)
    before = rows_of(filled)
    with pytest.raises(BadInputError, match="The database is not empty"):
        restore(filled, file)
    assert rows_of(filled) == before
    with pytest.raises(BadInputError, match="Cannot read"):
        restore(empty, tmp_path / "missing")


#: Changes of the schema, and the difference that each one causes.
DIFFERENCES = {
    "ALTER TABLE runs DROP COLUMN heartbeat_at": "column runs.heartbeat_at is missing",
    "ALTER TABLE runs ADD COLUMN extra text": "column runs.extra is unknown",
    "ALTER TABLE runs ALTER COLUMN host DROP NOT NULL": "column runs.host allows null",
    "ALTER TABLE runs ALTER COLUMN pid TYPE bigint": (
        "column runs.pid has type BIGINT instead of INTEGER"
    ),
    "DROP INDEX ix_runs_job_id": "index ix_runs_job_id is missing or different",
    "DROP INDEX ix_runs_job_id; CREATE INDEX ix_runs_job_id ON runs (id)": (
        "index ix_runs_job_id is missing or different"
    ),
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_runs_job_id'::regclass": (
        "index ix_runs_job_id is invalid"
    ),
    "ALTER TABLE runs DROP CONSTRAINT ck_runs_outcome_valid": (
        "constraint ck_runs_outcome_valid is missing"
    ),
    "DROP TABLE gazetteers": "table gazetteers is missing",
    "CREATE TABLE of_someone_else (id int); CREATE INDEX mine ON runs (host)": "",
}


@pytest.mark.parametrize("change", DIFFERENCES)
def test_differences_from_the_models_are_found(engine: Engine, change: str):
    assert find_differences(engine) == []
    with engine.begin() as connection:
        for statement in change.split("; "):
            connection.execute(text(statement))
    assert find_differences(engine) == ([DIFFERENCES[change]] if DIFFERENCES[change] else [])
