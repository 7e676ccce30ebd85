"""Migration 0019 (transitions of hidden stories); upgrade and downgrade."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from service.store.database.embedded import EmbeddedServer
from service.store.database.sessions import make_sessions
from service.store.story_views.changes import load_changes_since
from tests.support.database.migrations import database_at, migrate
from tests.support.database.rows import NOW

BEFORE, AFTER = "0018", "0019"
STORED = """
INSERT INTO stories (id, emerged_at, changed_at, first_reported_at, last_reported_at, hidden)
VALUES ('open', :now, :now, :now, :now, false), ('secret', :now, :now, :now, :now, true),
       ('again', :now, :now, :now, :now, false);
INSERT INTO transitions (story_id, kind, at, cause, article_ids)
SELECT id, 'emerged', :now, 'place', '{}' FROM stories ORDER BY id;
INSERT INTO decisions (action, story_id, made_by, made_at, reason)
VALUES ('hide', 'secret', 'ann', :now + interval '1 h', ''),
       ('hide', 'again', 'ann', :now + interval '2 h', '');
INSERT INTO constraints (kind, story_id, decision_id, revoked_at)
SELECT 'hide', story_id, id, CASE story_id WHEN 'again' THEN made_at + interval '1 h' END
FROM decisions
"""


@pytest.fixture
def engine(server: EmbeddedServer) -> Iterator[Engine]:
    """A database before the migration: one story is hidden, another one was hidden."""
    with database_at(server, "before_hidden", BEFORE) as database:
        with database.begin() as connection:
            for statement in STORED.split(";\n"):
                connection.execute(text(statement), {"now": NOW} if ":now" in statement else {})
        yield database


def test_upgrade_adds_transitions_of_hidden_stories_and_downgrade_deletes_them(engine: Engine):
    migrate(engine, AFTER, up=True)
    with make_sessions(engine).begin() as session:
        changes = load_changes_since(session, 0).items
    assert [(each.story_id, each.kind, each.editor) for each in changes] == [
        ("again", "emerged", None),
        ("open", "emerged", None),
        ("secret", "hidden", "ann"),
    ]
    migrate(engine, BEFORE, up=False)
    with engine.begin() as connection:
        kinds = set(connection.scalars(text("SELECT kind FROM transitions")))
    assert kinds == {"emerged"}
    migrate(engine, AFTER, up=True)
