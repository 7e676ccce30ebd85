"""Migration 0011 (alerts), with an existing issue; upgrade and downgrade."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from service.store.database.embedded import EmbeddedServer
from tests.support.database.migrations import database_at, migrate
from tests.support.database.rows import NOW

BEFORE, AFTER = "0010", "0011"


@pytest.fixture
def engine(server: EmbeddedServer) -> Iterator[Engine]:
    """A database before the migration, with a sent issue."""
    with database_at(server, "before_alerts", BEFORE) as made:
        with made.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO subscribers (address, created_at, rhythm_since) "
                    "VALUES ('a@x.example', :now, :now)"
                ),
                {"now": NOW},
            )
            connection.execute(
                text(
                    "INSERT INTO issues (subscriber_id, local_date, due_at, made_at, state, subject, "
                    "content) SELECT id, '2023-04-26', :now, :now, 'sent', 'Ferry', '{}' "
                    "FROM subscribers"
                ),
                {"now": NOW},
            )
        yield made


def test_upgrade_keeps_issues_and_downgrade_deletes_notices(engine: Engine):
    migrate(engine, AFTER, up=True)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT kind, state, bytes FROM issues")).one() == (
            "digest",
            "sent",
            None,
        )
        for reached in (1, 3):
            connection.execute(
                text(
                    "INSERT INTO issues (subscriber_id, kind, local_date, due_at, made_at, state, "
                    "subject, content, story_id, reached) SELECT id, 'notice', '2023-04-26', :now, "
                    ":now, 'folded', 'Ferry', '{}', 's', :reached FROM subscribers"
                ),
                {"now": NOW, "reached": reached},
            )
    migrate(engine, BEFORE, up=False)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM issues")) == 1
    migrate(engine, AFTER, up=True)
