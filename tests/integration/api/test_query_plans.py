"""Query plans that Postgres chooses for API requests on a large database."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from service.domain.access.roles import Role
from service.domain.stories.filters import Sort
from service.domain.subscribers.alert_conditions import parse_conditions
from service.domain.webhooks.event_filter import EventFilter
from service.store.access import keys
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from service.store.editing import actions
from service.store.editing.actions import EditorAction
from service.store.queries import saved
from service.store.search.compiled_search import CompiledSearch
from service.store.search.filters import SearchFilter
from service.store.search.search import rank_articles_by_keywords
from service.store.subscribers import alerts
from service.store.tables import StoryRow
from service.store.webhooks import webhooks
from tests.integration.api.test_sql_statements import record_statements
from tests.support.content.subscribers import subscribe
from tests.support.database.embedded_articles import ENCODER, model_context
from tests.support.database.large_store import fill_store
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving

ARTICLES, STORIES = 12_000, 2_400
SECRET = "samestory_key-with-all-roles"
#: Tables that grow with every article; copies and revisions are missing or rare here.
LARGE = (
    "articles", "article_documents", "article_keys", "memberships",
    "stories", "story_versions", "transitions", "vectors",
)  # fmt: skip
SCANNED = re.compile(rf"Seq Scan on (?:{'|'.join(LARGE)})\b.*")
#: Timestamps with nearly all stories, half of them, and hardly any.
TIMESTAMPS = ("2023-04-25", "2023-03-27", "2023-02-26T12:00")
#: Filters for story lists at a past time.
FILTERS = (
    "since=2023-04-05&sort=newest",
    "changed_since=2023-04-08&sort=newest",
    "keyword=word11&keyword=word12",
    "entity=name%201%20of%20story7",
    "outlet=outlet-7&family=family-4&country=GB&language=en",
    "language=en",
    "language=ga&sort=largest",
    "language=no&sort=newest",
    "storyline=saga",
    "state=open&min_coverage=2&min_independent=2",
)

#: Requests with their maximum number of statements. One statement of a list loads the stories that
#: are not in the cache of stories.
PATHS = [
    *((f"/v1/stories?sort={sort}", 4) for sort in Sort),
    *(
        (f"/v1/stories?sort={sort}&as_of={timestamp}", 3)
        for sort in Sort
        for timestamp in TIMESTAMPS
    ),
    *((f"/v1/stories?{filters}&as_of=2023-04-10", 5) for filters in FILTERS),
    ("/v1/stories?since=2023-04-20&sort=newest", 4),
    ("/v1/stories?changed_since=2023-04-25&sort=newest", 4),
    ("/v1/stories?keyword=word11&keyword=word12", 4),
    ("/v1/stories?entity=name%201%20of%20story7", 4),
    ("/v1/stories?outlet=outlet-7&family=family-4&country=GB&language=en", 6),
    ("/v1/stories?language=en", 4),
    ("/v1/stories?language=ga&sort=largest", 4),
    ("/v1/stories?language=no&sort=newest", 3),
    ("/v1/stories?storyline=saga", 5),
    ("/v1/stories?state=open&min_coverage=2&min_independent=2", 4),
    ("/v1/stories?q=word1500", 4),
    ("/v1/stories?q=word11+-word3+independent:2..+countries:2..+-outlet:outlet-7", 5),
    ("/v1/stories?q=headline:word11+velocity:2..", 4),
    ("/v1/stories?q=word1500&as_of=2023-04-10", 3),
    ("/v1/stories?first_outlet=outlet-7&agency=outlet-8", 5),
    ("/v1/stories?q=missing_outlet:outlet-7&since=-24h", 6),
    ("/v1/stories?missing_outlet=outlet-7", 5),
    ("/v1/articles?as_of=2023-04-10", 3),
    ("/v1/articles?outlet=outlet-7&as_of=2023-04-10", 5),
    ("/v1/search?q=word1500&as_of=2023-04-10", 12),
    ("/v1/changes?since=100&q=word1500&as_of=2023-04-10", 6),
    ("/v1/stories?since=-24h&first_reported=-2d..&sort=newest", 5),
    ("/v1/stories/feed.atom", 3),
    ("/v1/stories/story7", 7),
    ("/v1/stories/story7?as_of=2023-04-27", 7),
    ("/v1/stories/story7/articles", 4),
    ("/v1/stories/story7/missing", 10),
    ("/v1/stories/story7/timeline", 3),
    ("/v1/stories/story7/related", 6),
    ("/v1/stories/story7/evidence", 4),
    ("/v1/stories/story7/transitions", 3),
    ("/v1/stories/story7/feed.json", 3),
    ("/v1/changes?since=100", 2),
    ("/v1/changes?since=latest", 2),
    ("/v1/changes?since=100&q=word1500+independent:2..", 4),
    ("/v1/changes?since=100&q=word11+-outlet:outlet-7", 5),
    ("/v1/export/changes?since=100&q=country:GB&limit=700", 20),
    ("/v1/changes/stream?seconds=1", 4),
    ("/v1/queries", 1),
    ("/v1/queries/harbour", 1),
    ("/v1/stories?query=harbour", 5),
    ("/v1/runs?job=place", 1),
    ("/v1/articles", 3),
    ("/v1/articles?sort=oldest&until=2023-04-28", 3),
    ("/v1/articles?outlet=outlet-7", 5),
    ("/v1/articles?outlet=outlet-7&outlet=outlet-8&language=en", 5),
    ("/v1/articles?country=GB&copies=false", 4),
    ("/v1/articles?family=family-4&since=2023-04-20", 5),
    ("/v1/articles?story=story7", 5),
    ("/v1/articles?feed=7", 5),
    ("/v1/articles?first=true&outlet=outlet-7", 5),
    ("/v1/articles?copies=true&limit=5", 4),
    ("/v1/outlets", 2),
    ("/v1/outlets?country=GB&country=DE&agency=false", 2),
    ("/v1/outlets?sort=latest", 2),
    ("/v1/outlets/outlet-7", 4),
    ("/v1/feeds", 1),
    ("/v1/feeds?outlet=outlet-7&outlet=outlet-8&language=en&status=active&failing=false", 2),
    ("/v1/feeds/7", 1),
    ("/v1/storylines", 2),
    ("/v1/storylines?sort=newest&since=2023-04-20", 2),
    ("/v1/storylines/saga", 4),
    ("/v1/stories?total=true&facets=outlet,country&since=2023-04-25", 8),
    ("/v1/articles?total=true&facets=outlet,entity&since=2023-04-25", 8),
    ("/v1/articles?q=word1500+independent:2..", 4),
    ("/v1/counts?since=2023-04-25", 3),
    ("/v1/counts?q=word1500&of=stories", 4),
    ("/v1/export/stories?sort=newest&limit=50", 3),
    ("/v1/export/articles?since=2023-04-25&limit=700", 2),
    ("/v1/export/outlets", 2),
    ("/v1/export/feeds", 2),
    ("/v1/export/storylines", 2),
    ("/v1/export/changes?since=100&limit=700", 3),
    ("/v1/entities?q=nam&since=2023-04-25", 3),
    ("/v1/stories?id=story7&id=story8", 4),
    ("/v1/stories?id=story7&id=story8&as_of=2023-04-10", 3),
    ("/v1/articles?id=7&id=8", 4),
    ("/v1/articles?storyline=saga&sort=oldest", 5),
    ("/v1/counts?interval=hour&since=2023-04-25&outlet=outlet-7", 5),
    ("/v1/search?q=word11", 11),
    ("/v1/search/feed.rss?q=word11&mode=keyword", 11),
    ("/v1/search?q=word1500+or+word3000", 11),
    ("/v1/search?q=word11+-word3&language=en&outlet=outlet-7&since=2023-04-20", 12),
    ("/v1/search?q=word11+country:GB+independent:2..+-storyline:saga", 15),
    ("/v1/search?q=word11&mode=semantic", 11),
    ("/v1/search?q=%22word1+word2%22&mode=keyword&limit=100", 11),
    ("/", 7),
    ("/stories/story7", 15),
]
#: Requests that require a role; the first use of the key takes one more statement.
ROLE_PATHS = [
    ("/v1/decisions", 10),
    ("/v1/decisions?story=story7&undone=true", 7),
    ("/v1/decisions/1", 5),
    ("/v1/subscribers", 3),
    ("/v1/subscribers/1", 3),
    ("/v1/subscribers/1/alerts", 4),
    ("/v1/subscribers/1/alerts/1", 4),
    ("/v1/keys", 3),
    ("/v1/keys/1", 3),
    ("/v1/webhooks", 4),
    ("/v1/webhooks/1", 4),
    ("/v1/webhooks/1/deliveries", 5),
]


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[tuple[Site, Engine]]:
    """A server with a large database, and its engine."""
    engine = schema.make_engine(new_database())
    fill_store(
        engine,
        articles=ARTICLES,
        stories=STORIES,
        versions=5,
        model=ENCODER.model,
        dimensions=ENCODER.dimensions,
    )
    sessions = make_sessions(engine)
    add_other_rows(sessions)
    with serving(sessions, model_context=model_context()) as running:
        yield running, engine
    engine.dispose()


def add_other_rows(sessions: Sessions) -> None:
    """Add rows of the tables that do not grow with the articles."""
    with sessions.begin() as session:
        Rows(session).storyline("saga", "A saga")
        session.query(StoryRow).filter(StoryRow.id.in_(["story1", "story2"])).update(
            {"storyline_id": "saga"}
        )
        keys.create(session, "ann", list(Role), now=NOW, secret=SECRET)
        for action in ("pin", "lock"):
            for number in range(5):
                actions.mark_story(
                    session, EditorAction("ann", "", NOW, NOW), action, f"story{number + 7}"
                )
        webhooks.add(session, "https://desk.example/hook", EventFilter(), now=NOW)
        saved.add(session, "harbour", "word1500 independent:2..", made_by="ann", now=NOW)
    [reader] = subscribe(sessions, "reader@x.example")
    with sessions.begin() as session:
        alerts.add(session, reader.id, parse_conditions(words="ferry"), now=NOW)


@pytest.mark.parametrize(("path", "max_statements"), PATHS)
def test_request_scans_no_large_table(
    world: tuple[Site, Engine], path: str, max_statements: int
) -> None:
    site, engine = world
    with record_statements(engine) as statements:
        assert site.get(path).status in {200, 308}
    assert 0 < len(statements) <= max_statements
    _expect_indexes(engine, statements)


@pytest.mark.parametrize(("path", "max_statements"), ROLE_PATHS)
def test_request_with_a_role_scans_no_large_table(
    world: tuple[Site, Engine], path: str, max_statements: int
) -> None:
    site, engine = world
    with record_statements(engine) as statements:
        assert site.get(path, headers={"Authorization": f"Bearer {SECRET}"}).status == 200
    assert 0 < len(statements) <= max_statements
    _expect_indexes(engine, statements)


def test_single_article_uses_an_index(world: tuple[Site, Engine]) -> None:
    site, engine = world
    [article] = site.get("/v1/articles?limit=1").json["items"]
    with record_statements(engine) as statements:
        assert site.get(f"/v1/articles/{article['id']}?fields=id").status == 200
    assert 0 < len(statements) <= 2
    _expect_indexes(engine, statements)


def test_every_get_route_is_covered(world: tuple[Site, Engine]) -> None:
    """Fails for a route that is missing in the lists above."""
    covered = [path.partition("?")[0] for path, _ in [*PATHS, *ROLE_PATHS, ("/v1/articles/1", 2)]]
    for path, operations in world[0].get("/openapi.json").json["paths"].items():
        if "get" in operations and path.startswith("/v1/"):
            pattern = re.compile(re.sub(r"{\w+}", "[^/]+", path))
            assert any(map(pattern.fullmatch, covered)), path


def test_match_uses_indexes(world: tuple[Site, Engine]) -> None:
    site, engine = world
    body = b'{"title": "word11 word12 word500", "published": "2023-04-25T10:00Z"}'
    headers = {"Content-Type": "application/json"}
    with record_statements(engine) as statements:
        assert site.get("/v1/match", method="POST", headers=headers, body=body).status == 200
    assert 0 < len(statements) <= 20
    _expect_indexes(engine, statements)


def test_semantic_search_uses_the_vector_index_of_its_model(world: tuple[Site, Engine]) -> None:
    site, engine = world
    with record_statements(engine) as statements:
        site.get("/v1/search?q=word500&mode=semantic")
    plans = [plan_of(engine, *each) for each in statements if "<=>" in each[0]]
    assert len(plans) == 1
    assert "ix_vectors_hnsw_1" in plans[0]


def test_keyword_search_uses_the_document_indexes(world: tuple[Site, Engine]) -> None:
    site, engine = world
    with record_statements(engine) as statements:
        site.get("/v1/search?q=word15000&mode=keyword")
    plans = "".join(plan_of(engine, *each) for each in statements if "@@" in each[0])
    assert "ix_article_documents_document" in plans
    assert "ix_stories_document" in plans


#: The best 100 of the latest 400 documents that match a word.
LATEST = text("""
    WITH latest AS MATERIALIZED (
        SELECT article_id, reported_at, document FROM article_documents
        WHERE document @@ CAST(:word AS tsquery) ORDER BY reported_at DESC, article_id DESC LIMIT 400
    )
    SELECT article_id FROM latest
    ORDER BY ts_rank(document, CAST(:word AS tsquery)) DESC, reported_at DESC, article_id DESC
    LIMIT 100
""")


@pytest.mark.parametrize(
    "word", ["word0", "word5", "word40", "word600", "word15000", "word1 & word2"]
)
def test_keyword_ranking_considers_the_latest_matches(
    world: tuple[Site, Engine], word: str
) -> None:
    _, engine = world
    with make_sessions(engine)() as session:
        expected = session.scalars(LATEST, {"word": word}).all()
        assert rank_articles_by_keywords(session, CompiledSearch(word), SearchFilter()) == expected


def test_frequent_word_uses_the_index_by_time(
    world: tuple[Site, Engine],
) -> None:
    site, engine = world
    plans = {}
    for word in ("word0", "word60"):
        with record_statements(engine) as statements:
            site.get(f"/v1/search?q={word}&mode=keyword")
        [ranking] = [
            each for each in statements if "ts_rank" in each[0] and "stories" not in each[0][:80]
        ]
        plans[word] = plan_of(engine, *ranking)
    assert "ix_article_documents_reported_at" in plans["word0"]
    assert "ix_article_documents_document" in plans["word60"]


def plan_of(engine: Engine, statement: str, parameters: Any) -> str:
    """The query plan for these parameters."""
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
        # The database is a tenth of the usual size; random pages must not dominate the costs.
        connection.execute(text("SET LOCAL random_page_cost = 1.1"))
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        return "\n".join(row[0] for row in rows)


def _expect_indexes(engine: Engine, statements: list[tuple[str, Any]]) -> None:
    for statement, parameters in statements:
        if statement.startswith(("SELECT", "WITH")):
            plan = plan_of(engine, statement, parameters)
            assert not SCANNED.search(plan), f"{statement}\n{plan}"
