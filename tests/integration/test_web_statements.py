"""How much a request asks of the database: statements, and indexes for them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from service.store import schema
from service.store.reading.stories import Sort, StoryFilter, list_stories
from service.store.sessions import Sessions, sessions_of
from tests.support.coverage import fill
from tests.support.rows import NOW, Rows
from tests.support.site import Site, serving
from tests.support.texts import MEETING, SAGA


@contextmanager
def recorded(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are executed within the block, with their parameters."""
    found: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        found.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[tuple[Site, Engine]]:
    """A server over the made-up world, and the engine that it uses."""
    engine = schema.connect(new_database())
    sessions = sessions_of(engine)
    with sessions.begin() as session:
        fill(session)
    with serving(sessions) as running:
        yield running, engine
    engine.dispose()


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/v1/stories?limit=100", 2),
        (f"/v1/stories/{MEETING}", 5),
        (f"/v1/stories/{MEETING}/transitions", 1),
        (f"/v1/storylines/{SAGA}", 3),
        ("/v1/outlets", 1),
        ("/v1/feeds", 1),
        ("/v1/runs", 1),
        ("/metrics", 5),
        ("/", 3),
        (f"/stories/{MEETING}", 6),
        (f"/storylines/{SAGA}", 3),
        ("/feeds", 2),
        ("/healthz", 0),
        ("/about", 0),
    ],
)
def test_a_request_takes_a_fixed_number_of_statements(
    world: tuple[Site, Engine], path: str, most: int
) -> None:
    site, engine = world
    with recorded(engine) as statements:
        assert site.get(path).status == 200
    assert len(statements) <= most


def test_more_stories_take_no_more_statements(sessions: Sessions, engine: Engine) -> None:
    def count() -> int:
        with sessions() as session, recorded(engine) as statements:
            list_stories(session, StoryFilter(), limit=100)
        return len(statements)

    _grow(sessions, 3)
    few = count()
    _grow(sessions, 40, prefix="more")
    assert count() == few


@pytest.mark.parametrize("sort", list(Sort))
def test_lists_read_memberships_and_articles_by_index(
    sessions: Sessions, engine: Engine, sort: Sort
) -> None:
    _grow(sessions, 60)
    with sessions() as session, recorded(engine) as statements:
        list_stories(session, StoryFilter(outlet="o", language="en"), sort=sort)
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        for statement, parameters in statements:
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            plan = "\n".join(row[0] for row in rows)
            assert "Seq Scan on memberships" not in plan
            assert "Seq Scan on articles" not in plan


def _grow(sessions: Sessions, count: int, *, prefix: str = "s") -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("o" if prefix == "s" else prefix)
        for number in range(count):
            at = NOW - timedelta(minutes=number)
            articles = [rows.article(outlet, f"{prefix}{number}-{each}", at=at) for each in (1, 2)]
            rows.story(f"{prefix}{number}", articles)
