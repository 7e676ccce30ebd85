"""How Postgres goes about the queries of the API on a filled store, with its own choice of plans."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from service.store import schema
from service.store.reading.lookup import Lookup
from service.store.reading.search import articles_by_words
from service.store.reading.search_filter import SearchFilter
from service.store.sessions import sessions_of
from tests.integration.test_web_statements import recorded
from tests.support.filled import fill_store
from tests.support.read_texts import ENCODER, reading
from tests.support.site import Site, serving

ARTICLES, STORIES = 12_000, 2_400
#: Tables that grow with every article. Of copies there are few here, and no revisions.
LARGE = (
    "articles", "article_documents", "article_urls", "memberships",
    "stories", "story_versions", "transitions", "vectors",
)  # fmt: skip
SCANNED = re.compile(rf"Seq Scan on (?:{'|'.join(LARGE)})\b.*")


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[tuple[Site, Engine]]:
    """A server over a filled store, and the engine that it uses."""
    engine = schema.connect(new_database())
    fill_store(
        engine,
        articles=ARTICLES,
        stories=STORIES,
        model=ENCODER.model,
        dimensions=ENCODER.dimensions,
    )
    with serving(sessions_of(engine), reading=reading()) as running:
        yield running, engine
    engine.dispose()


@pytest.mark.parametrize(
    ("path", "most"),
    [
        *((f"/v1/stories?sort={sort}", 3) for sort in ("rank", "newest", "largest", "fastest")),
        ("/v1/stories?since=2023-04-20&sort=newest", 3),
        ("/v1/stories?changed_since=2023-04-25&sort=newest", 3),
        ("/v1/stories?keyword=word11&keyword=word12", 3),
        ("/v1/stories?entity=name%201%20of%20story7", 3),
        ("/v1/stories?outlet=outlet-7&family=family-4&country=GB&language=en", 3),
        ("/v1/stories?storyline=saga", 3),
        ("/v1/stories?state=open&min_coverage=2&min_independent=2", 3),
        ("/v1/stories/feed.atom", 3),
        ("/v1/stories/story7", 7),
        ("/v1/stories/story7?as_of=2023-04-27", 7),
        ("/v1/stories/story7/articles", 4),
        ("/v1/stories/story7/timeline", 3),
        ("/v1/stories/story7/related", 6),
        ("/v1/stories/story7/evidence", 4),
        ("/v1/stories/story7/transitions", 3),
        ("/v1/stories/story7/feed.json", 3),
        ("/v1/changes?since=100", 2),
        ("/v1/articles", 3),
        ("/v1/articles?outlet=outlet-7", 4),
        ("/v1/articles?outlet=outlet-7&outlet=outlet-8&language=en", 4),
        ("/v1/articles?country=GB&copies=false", 4),
        ("/v1/articles?family=family-4&since=2023-04-20", 4),
        ("/v1/articles?story=story7", 4),
        ("/v1/articles?feed=7", 4),
        ("/v1/articles?copies=true&limit=5", 4),
        ("/v1/outlets", 2),
        ("/v1/outlets?country=GB", 2),
        ("/v1/outlets/outlet-7", 4),
        ("/v1/feeds", 1),
        ("/v1/feeds?outlet=outlet-7", 1),
        ("/v1/feeds/7", 1),
        ("/v1/storylines", 2),
        ("/v1/search?q=word11", 11),
        ("/v1/search?q=word1500+or+word3000", 11),
        ("/v1/search?q=word11+-word3&language=en&outlet=outlet-7&since=2023-04-20", 11),
        ("/v1/search?q=word11&by=meaning", 11),
        ("/v1/search?q=%22word1+word2%22&by=words&limit=100", 11),
        ("/", 3),
        ("/stories/story7", 8),
    ],
)
def test_no_query_reads_a_large_table_from_end_to_end(
    world: tuple[Site, Engine], path: str, most: int
) -> None:
    site, engine = world
    with recorded(engine) as statements:
        assert site.get(path).status in {200, 308}
    assert 0 < len(statements) <= most
    _expect_indexes(engine, statements)


def test_a_match_looks_its_candidates_up(world: tuple[Site, Engine]) -> None:
    site, engine = world
    body = b'{"title": "word11 word12 word500", "published": "2023-04-25T10:00Z"}'
    headers = {"Content-Type": "application/json"}
    with recorded(engine) as statements:
        assert site.get("/v1/match", method="POST", headers=headers, body=body).status == 200
    assert 0 < len(statements) <= 20
    _expect_indexes(engine, statements)


def test_meaning_is_looked_up_in_the_index_of_its_model(world: tuple[Site, Engine]) -> None:
    site, engine = world
    with recorded(engine) as statements:
        site.get("/v1/search?q=word500&by=meaning")
    plans = [plan_of(engine, *each) for each in statements if "<=>" in each[0]]
    assert len(plans) == 1
    assert "ix_vectors_hnsw_1" in plans[0]


def test_words_are_looked_up_in_the_index_of_documents(world: tuple[Site, Engine]) -> None:
    site, engine = world
    with recorded(engine) as statements:
        site.get("/v1/search?q=word15000&by=words")
    plans = "".join(plan_of(engine, *each) for each in statements if "@@" in each[0])
    assert "ix_article_documents_document" in plans
    assert "ix_stories_document" in plans


#: The latest four hundred that hold a word, and of these the hundred that hold it best.
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
def test_whichever_way_words_are_found_the_latest_are_weighed(
    world: tuple[Site, Engine], word: str
) -> None:
    _, engine = world
    with sessions_of(engine)() as session:
        expected = session.scalars(LATEST, {"word": word}).all()
        assert articles_by_words(session, Lookup(word), SearchFilter()) == expected


def test_words_of_many_are_looked_up_one_by_one_from_the_latest(
    world: tuple[Site, Engine],
) -> None:
    site, engine = world
    plans = {}
    for word in ("word0", "word60"):
        with recorded(engine) as statements:
            site.get(f"/v1/search?q={word}&by=words")
        [found] = [
            each for each in statements if "ts_rank" in each[0] and "stories" not in each[0][:80]
        ]
        plans[word] = plan_of(engine, *found)
    assert "ix_article_documents_reported_at" in plans["word0"]
    assert "ix_article_documents_document" in plans["word60"]


def plan_of(engine: Engine, statement: str, parameters: Any) -> str:
    """The plan that Postgres makes for these values."""
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
        # A tenth of the usual size, so a page that lies elsewhere is to cost no tenfold more.
        connection.execute(text("SET LOCAL random_page_cost = 1.1"))
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        return "\n".join(row[0] for row in rows)


def _expect_indexes(engine: Engine, statements: list[tuple[str, Any]]) -> None:
    for statement, parameters in statements:
        if statement.startswith(("SELECT", "WITH")):
            plan = plan_of(engine, statement, parameters)
            assert not SCANNED.search(plan), f"{statement}\n{plan}"
