"""The migration that lets followers learn of hidden stories, with one of before; and the way back."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from service.store.database.embedded import EmbeddedServer
from service.store.database.sessions import make_sessions
from service.store.story_views.changes import changes_since
from tests.support.database.migrations import database_of, moved
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
    """A database as it was before: one story is hidden, another one was."""
    with database_of(server, "before_hidden", BEFORE) as made:
        with made.begin() as connection:
            for statement in STORED.split(";\n"):
                connection.execute(text(statement), {"now": NOW} if ":now" in statement else {})
        yield made


def test_followers_learn_what_was_hidden_before_and_the_way_back_forgets_it(engine: Engine):
    moved(engine, AFTER, up=True)
    with make_sessions(engine).begin() as session:
        found = changes_since(session, 0).items
    assert [(each.story_id, each.kind, each.editor) for each in found] == [
        ("again", "emerged", None),
        ("open", "emerged", None),
        ("secret", "hidden", "ann"),
    ]
    moved(engine, BEFORE, up=False)
    with engine.begin() as connection:
        kinds = set(connection.scalars(text("SELECT kind FROM transitions")))
    assert kinds == {"emerged"}
    moved(engine, AFTER, up=True)
