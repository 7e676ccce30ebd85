"""Upgrade of a database of the first release that has data."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from service.domain.stories.filters import PastStoryFilter
from service.errors import NotFoundError
from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from service.store.database.sessions import Sessions, make_sessions
from service.store.editing import audit_log
from service.store.story_views.views import StoryDetail, get_story, list_stories
from tests.support.database import invariants
from tests.support.database.rows import NOW

HOUR = timedelta(hours=1)
#: Data of the first release. The clock was set back before article 3 moved, so its memberships
#: overlap.
STORED = """
INSERT INTO families (slug, name) VALUES ('quay', 'Quay');
INSERT INTO outlets (slug, name, family, language) VALUES ('daily', 'Daily', 'quay', 'en-GB');
INSERT INTO feeds (url, outlet_id, title, next_fetch_at, created_at)
    SELECT 'https://daily.example/feed', id, 'Daily', :now, :now FROM outlets;
INSERT INTO articles (id, url, feed_id, outlet_id, title, text, body, language, categories,
                      date_flag, first_seen, reported_at, content_hash, stage)
    SELECT number, 'https://daily.example/' || number, feeds.id, outlet_id, 'Report ' || number,
           '', '', CASE number WHEN 3 THEN 'de' WHEN 4 THEN 'fr' END, '{}', 'ok', :now, :now, '', 'reconciled'
    FROM feeds, generate_series(1, 4) AS number;
INSERT INTO storylines (id, title, created_at) VALUES ('saga', 'A saga', :now);
INSERT INTO stories (id, emerged_at, changed_at, first_reported_at, last_reported_at, state,
                     merged_into, headline, articles, coverage, independent, storyline_id)
VALUES ('old', :now, :now + interval '3 h', :now, :now, 'closed', NULL, 'Headline', 3, 1, 1, 'saga'),
       ('gone', :now + interval '1 h', :now + interval '3 h', :now, :now, 'merged', 'old', '', 0,
        0, 0, NULL),
       ('young', :now + interval '2 h', :now + interval '2 h', :now, :now, 'open', NULL, 'Young',
        1, 1, 1, NULL);
INSERT INTO transitions (story_id, kind, at, cause, other_story_id, article_ids)
VALUES ('old', 'emerged', :now, 'place', NULL, '{1}'),
       ('gone', 'emerged', :now + interval '1 h', 'place', NULL, '{2,3}'),
       ('young', 'emerged', :now + interval '2 h', 'place', NULL, '{4}'),
       ('gone', 'merged', :now + interval '3 h', 'reconcile', 'old', '{2,3}'),
       ('old', 'grew', :now + interval '3 h', 'reconcile', NULL, '{2,3}'),
       ('old', 'closed', :now + interval '9 h', 'age', NULL, '{}');
INSERT INTO memberships (article_id, story_id, valid_from, valid_until, evidence)
VALUES (1, 'old', :now, NULL, '{}'),
       (2, 'gone', :now + interval '1 h', :now + interval '3 h', '{}'),
       (2, 'old', :now + interval '3 h', NULL, '{}'),
       (3, 'gone', :now + interval '1 h', :now + interval '3 h 1 min', '{}'),
       (3, 'old', :now + interval '3 h', NULL, '{}'),
       (4, 'young', :now + interval '2 h', NULL, '{}');
INSERT INTO constraints (kind, article_id, other_article_id, reason, made_by, made_at)
VALUES ('cannot_link', 1, 4, 'two events', 'ann', :now + interval '4 h')
"""


@pytest.fixture(scope="module")
def engine(server: EmbeddedServer) -> Iterator[Engine]:
    """A database of revision 0001 with data, upgraded to head."""
    database = schema.make_engine(server.ensure_database("first_release"))
    with database.begin() as connection:
        connection.execute(text("CREATE EXTENSION vector"))
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in STORED.split(";\n"):
            connection.execute(text(statement), {"now": NOW} if ":now" in statement else {})
    assert schema.upgrade(database)[0] == "0002"
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def sessions(engine: Engine) -> Sessions:
    return make_sessions(engine)


def story(sessions: Sessions, story_id: str, as_of: datetime | None = None) -> StoryDetail:
    with sessions.begin() as session:
        return get_story(session, story_id, as_of=as_of)


def story_ids(
    sessions: Sessions, as_of: datetime | None = None, *, languages: tuple[str, ...] = ()
) -> set[str]:
    filters = PastStoryFilter(
        language=list(languages), as_of=as_of.isoformat() if as_of else None
    ).parsed
    with sessions.begin() as session:
        return {each.id for each in list_stories(session, filters).items}


def test_upgrade_keeps_stories_decisions_and_past_states(sessions: Sessions):
    with sessions.begin() as session:
        invariants.check(session)
    present = story(sessions, "old").story
    assert (present.headline, present.articles, present.state) == ("Headline", 3, "closed")
    assert story_ids(sessions) == {"old", "young"}
    with sessions.begin() as session:
        [decision] = audit_log.list_decisions(session, include_undone=False)
    assert (decision.action, decision.made_by, decision.reason) == ("split", "ann", "two events")

    # Past states come from memberships and transitions; former headlines were not stored.
    assert story_ids(sessions, NOW) == {"old"}
    assert story_ids(sessions, NOW + 2 * HOUR) == {"old", "gone", "young"}
    assert story_ids(sessions, NOW + 4 * HOUR) == {"old", "young"}
    before = story(sessions, "old", NOW + 2 * HOUR).story
    assert (before.headline, before.articles, before.state) == ("Report 1", 1, "open")
    assert story(sessions, "gone", NOW + 2 * HOUR).story.articles == 2
    assert story(sessions, "gone", NOW + 4 * HOUR).story.merged_into == "old"
    assert story(sessions, "old", NOW + 8 * HOUR).story.state == "open"
    assert story(sessions, "old", NOW + 9 * HOUR).story.headline == "Headline"
    with pytest.raises(NotFoundError):
        story(sessions, "young", NOW + HOUR)


def test_upgrade_adds_languages_to_stories_and_versions(
    sessions: Sessions,
) -> None:
    times = (NOW, NOW + 2 * HOUR, NOW + 4 * HOUR, None)
    by_language = {
        code: [story_ids(sessions, at, languages=(code,)) for at in times]
        for code in ("en", "de", "fr", "tr")
    }
    assert by_language == {
        "en": [{"old"}, {"old", "gone"}, {"old"}, {"old"}],
        "de": [set(), {"gone"}, {"old"}, {"old"}],
        "fr": [set(), {"young"}, {"young"}, {"young"}],
        "tr": [set()] * 4,
    }
