"""Number of SQL statements per request, and indexes for them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from traceback import walk_stack
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text

from service.domain.queries.conditions import Query
from service.domain.stories.filters import Sort, StoryFilter
from service.store.access import rate_buckets
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from service.store.queries.stories import story_conditions
from service.store.story_views.fingerprints import list_fingerprints
from service.store.story_views.views import list_stories
from service.store.tables import StoryRow
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import MEETING, STORYLINE
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving


@contextmanager
def record_statements(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Collects the SQL statements executed in the block, with their parameters.

    Statements that exchange rate limits are omitted: the server executes them beside a request.
    """
    statements: list[tuple[str, Any]] = []
    exchange = rate_buckets.exchange.__code__

    def record(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if not any(frame.f_code is exchange for frame, _ in walk_stack(None)):
            statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", record)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", record)


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[tuple[Site, Engine]]:
    """A server with the sample stories, and its engine."""
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        fill(session)
    with serving(sessions) as running:
        yield running, engine
    engine.dispose()


@pytest.mark.parametrize(
    ("path", "max_statements"),
    [
        ("/v1/stories?limit=100", 4),
        ("/v1/stories?as_of=2023-05-01", 3),
        (f"/v1/stories/{MEETING}", 8),
        (f"/v1/stories/{MEETING}/transitions", 2),
        (f"/v1/storylines/{STORYLINE}", 4),
        ("/v1/stories?entity=x&keyword=y&family=volga&country=GB&sort=fastest", 4),
        ("/v1/stories?include=summary,timeline", 3),
        ("/v1/stories/feed.atom", 3),
        (f"/v1/stories/{MEETING}/feed.rss", 3),
        (f"/v1/stories/{MEETING}/articles", 4),
        (f"/v1/stories/{MEETING}/timeline", 3),
        (f"/v1/stories/{MEETING}/related", 6),
        (f"/v1/stories/{MEETING}/evidence", 4),
        ("/v1/changes", 2),
        ("/v1/storylines", 2),
        ("/v1/outlets/volga-wire", 4),
        ("/v1/outlets", 2),
        ("/v1/feeds", 1),
        ("/v1/runs", 1),
        ("/metrics", 12),
        ("/", 7),
        ("/map", 4),
        (f"/stories/{MEETING}", 16),
        (f"/storylines/{STORYLINE}", 7),
        ("/feeds", 2),
        ("/healthz", 0),
        ("/about", 0),
    ],
)
def test_request_stays_within_its_number_of_statements(
    world: tuple[Site, Engine], path: str, max_statements: int
) -> None:
    site, engine = world
    with record_statements(engine) as statements:
        assert site.get(path).status == 200
    assert len(statements) <= max_statements


def test_number_of_statements_does_not_depend_on_number_of_stories(
    sessions: Sessions, engine: Engine
) -> None:
    def count() -> int:
        with sessions() as session, record_statements(engine) as statements:
            list_stories(session, Query(), limit=100)
        return len(statements)

    _add_stories(sessions, 3)
    before = count()
    _add_stories(sessions, 40, prefix="more")
    assert count() == before


@pytest.mark.parametrize("sort", list(Sort))
def test_story_list_uses_indexes_of_memberships_and_articles(
    sessions: Sessions, engine: Engine, sort: Sort
) -> None:
    _add_stories(sessions, 60)
    with sessions() as session, record_statements(engine) as statements:
        query = StoryFilter(outlet=["o"], language=["en"]).parsed
        list_stories(session, query, sort=sort)
        list_fingerprints(session, query, sort=sort)
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        for statement, parameters in statements:
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            plan = "\n".join(row[0] for row in rows)
            assert "Seq Scan on memberships" not in plan
            assert "Seq Scan on articles" not in plan


@pytest.mark.parametrize("sort", list(Sort))
def test_fingerprints_are_computed_only_for_stories_of_the_page(
    sessions: Sessions, engine: Engine, sort: Sort
) -> None:
    _add_stories(sessions, 60)
    with sessions() as session, record_statements(engine) as statements:
        list_fingerprints(session, StoryFilter(country=["GB"]).parsed, sort=sort, limit=5)
    [(statement, parameters)] = statements
    with engine.connect() as connection:
        for name in ("enable_indexscan", "enable_bitmapscan"):  # an explicit sort
            connection.execute(text(f"SET LOCAL {name} = off"))
        explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
        plan = connection.exec_driver_sql(explain, parameters).scalar_one()[0]["Plan"]
    loops = [
        part["Actual Loops"]
        for part in _parts(plan)
        if part.get("Parent Relationship") == "SubPlan"
    ]
    assert loops
    assert max(loops) <= 6


def _parts(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _parts(each)


@pytest.mark.parametrize(
    "path",
    [
        *(f"/v1/stories?sort={sort}" for sort in Sort),
        "/v1/stories?keyword=a", "/v1/stories?entity=a", "/v1/stories?storyline=a",
        "/v1/stories?changed_since=2023-01-01", "/v1/stories?since=2023-01-01&sort=newest",
        "/v1/stories?outlet=o&family=o&country=GB&language=en", "/v1/stories?as_of=2023-05-01",
        "/v1/stories/s1", "/v1/stories/s1?as_of=2023-05-01", "/v1/stories/s1/articles",
        "/v1/stories/s1/transitions", "/v1/stories/s1/feed.json", "/v1/changes?since=3",
        "/v1/outlets", "/v1/outlets/o", "/v1/storylines", "/v1/feeds", "/v1/runs",
        "/v1/runs?job=place",
    ],
)  # fmt: skip
def test_every_query_can_use_an_index(sessions: Sessions, engine: Engine, path: str) -> None:
    """With sequential scans disabled, only a query without a usable index still has one."""
    _add_stories(sessions, 20)
    with serving(sessions) as site, record_statements(engine) as statements:
        assert site.get(path).status in {200, 404}
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        for statement, parameters in statements:
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            plan = "\n".join(row[0] for row in rows)
            assert "Seq Scan" not in plan, plan


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ({"keyword": ["ferry"]}, "ix_stories_keywords"),
        ({"entity": ["Orlan"]}, "ix_stories_names"),
    ],
)
def test_keyword_and_entity_filters_use_an_index(
    sessions: Sessions, engine: Engine, condition: dict[str, Any], index: str
) -> None:
    statement = select(StoryRow.id).where(
        *story_conditions(StoryRow, None, StoryFilter(**condition).parsed)
    )
    with sessions() as session, record_statements(engine) as statements:
        session.execute(statement)
    with engine.connect() as connection:
        for setting in ("enable_seqscan", "enable_indexscan", "enable_indexonlyscan"):
            connection.execute(text(f"SET LOCAL {setting} = off"))
        rows = connection.exec_driver_sql(f"EXPLAIN {statements[0][0]}", statements[0][1])
        assert index in "\n".join(row[0] for row in rows)


def _add_stories(sessions: Sessions, count: int, *, prefix: str = "s") -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("o" if prefix == "s" else prefix)
        if prefix == "s":
            rows.storyline("a", "A storyline without stories")
        for number in range(count):
            at = NOW - timedelta(minutes=number)
            articles = [rows.article(outlet, f"{prefix}{number}-{each}", at=at) for each in (1, 2)]
            rows.story(f"{prefix}{number}", articles)
