"""Migration 0007 (delivery of issues), with an existing subscriber and issue."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from service.store.database.embedded import EmbeddedServer
from tests.support.database.migrations import database_at, migrate
from tests.support.database.rows import NOW

BEFORE, AFTER = "0006", "0007"


@pytest.fixture
def engine(server: EmbeddedServer) -> Iterator[Engine]:
    """A database before the migration, with a subscriber and an issue."""
    with database_at(server, "before_mail", BEFORE) as made:
        with made.begin() as connection:
            connection.execute(
                text("INSERT INTO subscribers (address, created_at) VALUES ('a@x.example', :now)"),
                {"now": NOW},
            )
            connection.execute(
                text(
                    "INSERT INTO issues (subscriber_id, local_date, made_at, subject, content) "
                    "SELECT id, '2023-04-26', :now, 'Ferry', '{}' FROM subscribers"
                ),
                {"now": NOW},
            )
        yield made


def test_existing_issues_expire_and_downgrade_keeps_them(engine: Engine):
    migrate(engine, AFTER, up=True)
    with engine.begin() as connection:
        since = connection.scalar(text("SELECT rhythm_since FROM subscribers"))
        issue = connection.execute(text("SELECT state, due_at FROM issues")).one()
        connection.execute(
            text(
                "INSERT INTO deliveries (issue_id, attempt, state, message_id, at) "
                "SELECT id, 1, 'doubtful', '<1@x.example>', :now FROM issues"
            ),
            {"now": NOW},
        )
    assert since == NOW
    assert (issue.state, issue.due_at) == ("expired", NOW)
    migrate(engine, BEFORE, up=False)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT state FROM deliveries")) == "deferred"
    migrate(engine, AFTER, up=True)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM issues")) == 1
