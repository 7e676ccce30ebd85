"""Items of story lists are cached until anything changes that they show."""

import json
from typing import Any

import pytest
from pydantic_core import to_json as dump_json
from sqlalchemy import event, text

from service.domain.queries.conditions import EVERYTHING
from service.store.database.sessions import Sessions
from service.store.stories.details import to_json
from service.store.story_views.fingerprints import list_fingerprints
from service.store.story_views.views import list_stories
from service.web.rendering.story_item_cache import ENTRY_OVERHEAD, StoryItemCache
from service.web.rendering.story_items import story_item
from tests.support.database.large_store import sample_details
from tests.support.database.rows import NOW, Rows

MIB = 1 << 20


@pytest.fixture
def stories(sessions: Sessions) -> Sessions:
    """Two stories: one with a copy, details and a storyline; one with one article."""
    with sessions.begin() as session:
        rows = Rows(session)
        quay, post, wire = rows.outlet("quay"), rows.outlet("post"), rows.outlet("wire")
        rows.storyline("saga", "The harbour")
        ferry = [rows.article(each, "Ferry strikes pier") for each in (quay, post, wire)]
        rows.copy(ferry[2], ferry[0])
        details = to_json(sample_details(NOW))
        details |= {"headlines": [{"lang": "en", "article": str(ferry[0].id)}]}
        rows.story("ferry", ferry, storyline_id="saga", details=details)
        rows.story("tram", [rows.article(quay, "Tram")])
    return sessions


def load(sessions: Sessions, cache: StoryItemCache) -> list[Any]:
    with sessions() as session:
        page = list_fingerprints(session, EVERYTHING)
        return [json.loads(each) for each in cache.load(session, page.items)]


def load_fresh(sessions: Sessions) -> list[Any]:
    with sessions() as session:
        views = list_stories(session, EVERYTHING).items
        return [json.loads(dump_json(story_item(each))) for each in views]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE articles SET title = 'Ferry hits the pier' WHERE title LIKE 'Ferry%'",
        "UPDATE articles SET url = url || '?corrected'",
        "UPDATE articles SET language = 'fr'",
        "UPDATE articles SET corrected_type = 'opinion' WHERE title LIKE 'Ferry%'",
        "UPDATE outlets SET name = 'The Quay' WHERE slug = 'quay'",
        "UPDATE outlets SET family = 'post' WHERE slug = 'quay'",
        "UPDATE storylines SET title = 'The port'",
        "UPDATE copies SET valid_until = valid_from + interval '1 hour'",
        (
            "UPDATE memberships SET valid_until = valid_from + interval '1 hour' WHERE article_id ="
            " (SELECT max(id) FROM articles WHERE title LIKE 'Ferry%')"
        ),
        "UPDATE stories SET headline = 'New' WHERE id = 'tram'",
        "UPDATE stories SET keywords = '{pier}'",
        "UPDATE stories SET details = '{}'",
        "UPDATE stories SET pinned = true WHERE id = 'tram'",
        "UPDATE stories SET storyline_id = NULL",
        "UPDATE stories SET last_reported_at = last_reported_at + interval '1 minute'",
    ],
)
def test_change_of_an_item_is_shown(stories: Sessions, change: str) -> None:
    cache = StoryItemCache(MIB)
    before = load(stories, cache)
    assert before == load_fresh(stories)
    with stories.begin() as session:
        session.execute(text(change))
    assert load(stories, cache) == load_fresh(stories) != before


def test_unchanged_items_are_not_loaded_again(stories: Sessions) -> None:
    cache = StoryItemCache(MIB)
    load(stories, cache)
    with stories.begin() as session:
        session.execute(text("UPDATE stories SET headline = 'New' WHERE id = 'tram'"))
    load(stories, cache)
    statements: list[str] = []
    event.listen(
        stories.kw["bind"], "before_cursor_execute", lambda *args: statements.append(args[2])
    )
    load(stories, cache)
    assert len(statements) == 1


def test_least_recently_used_items_are_dropped(stories: Sessions) -> None:
    everything = load_fresh(stories)
    first = len(json.dumps(everything[0], separators=(",", ":"), ensure_ascii=False).encode())
    cache = StoryItemCache(first + ENTRY_OVERHEAD)
    with stories() as session:
        both = list_fingerprints(session, EVERYTHING).items
        for page in (both, both[:1], both):
            assert [json.loads(each) for each in cache.load(session, page)] == everything[
                : len(page)
            ]
        statements: list[str] = []
        event.listen(
            stories.kw["bind"], "before_cursor_execute", lambda *args: statements.append(args[2])
        )
        cache.load(session, both[1:])
        assert not statements  # it was used last
        cache.load(session, both[:1])
        assert len(statements) == 2
