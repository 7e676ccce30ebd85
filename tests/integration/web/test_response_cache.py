"""Answers that are kept in memory: never an old one, never somebody else's, never too many."""

import asyncio
import gzip
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from service.domain.access.roles import Role
from service.settings.load import load
from service.store.access import keys
from service.store.database.change_counter import ChangeCounter
from service.store.database.sessions import Sessions
from service.store.tables import ArticleRow, StoryRow
from service.web.app import create_app
from service.web.middleware.etags import Validators
from service.web.middleware.response_cache import ResponseCache
from service.web.middleware.shared_reads import SharedReads
from tests.support.database.api_keys import make_key_client
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, running, serving

STATE = ChangeCounter(1, datetime(2023, 4, 26, tzinfo=UTC), is_past=True)
LATER = ChangeCounter(2, datetime(2023, 4, 27, tzinfo=UTC), is_past=True)


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    """A server over one story."""
    with sessions.begin() as session:
        rows = Rows(session)
        for number in range(9):
            article = rows.article(rows.outlet(f"quay{number}"), f"Ferry strikes pier {number}")
            rows.story(f"ferry{number}", [article])
    with serving(sessions) as running_site:
        yield running_site


class Statements:
    """Counts what an engine executes."""

    def __init__(self, engine: Engine) -> None:
        self.found: list[str] = []
        event.listen(engine, "before_cursor_execute", self._note)

    def _note(self, _: Any, __: Any, statement: str, *___: Any) -> None:
        self.found.append(statement)

    def taken(self) -> list[str]:
        """Those since the last call."""
        found, self.found = self.found, []
        return found


def test_a_kept_answer_costs_one_row_and_is_the_same(engine: Engine, site: Site) -> None:
    while "last-modified" not in site.get("/v1/outlets").headers:
        time.sleep(0.05)  # told once the last change is a second old, and an answer with it
    statements = Statements(engine)
    first = site.get("/v1/stories")
    assert len(statements.taken()) == 3
    again = site.get("/v1/stories")
    [one] = statements.taken()
    assert "change_counter" in one
    assert again.body == first.body
    ignored = {"x-request-id", "date", "ratelimit"}
    same = [{k: v for k, v in each.headers.items() if k not in ignored} for each in (first, again)]
    assert same[0] == same[1]
    assert again.headers["x-request-id"] != first.headers["x-request-id"]


def test_a_change_is_seen_by_the_very_next_request(sessions: Sessions, site: Site) -> None:
    for number in range(5):
        title = f"Ferry sinks, {number}"
        with sessions.begin() as session:
            session.query(StoryRow).filter_by(id="ferry3").update({"headline": title})
        found = site.get("/v1/stories/ferry3").json
        assert found["headline"] == title
        assert site.get("/v1/stories/ferry3").json == found


def test_many_readers_of_many_changes_never_see_what_was_before(
    sessions: Sessions, site: Site
) -> None:
    told, faults, stop = [0], [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            known = told[0]
            found = int(site.get("/v1/stories/ferry3").json["headline"] or 0)
            if found < known:
                faults.append((known, found))

    with sessions.begin() as session:
        session.query(StoryRow).filter_by(id="ferry3").update({"headline": "0"})
    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(1, 30):
        with sessions.begin() as session:
            session.query(StoryRow).filter_by(id="ferry3").update({"headline": str(number)})
        told[0] = number
    stop.set()
    for reader in readers:
        reader.join()
    assert faults == []


def test_plain_and_packed_answers_and_addresses_are_told_apart(site: Site) -> None:
    packs = {"Accept-Encoding": "gzip"}
    for _ in range(2):
        plain, packed = site.get("/v1/stories"), site.get("/v1/stories", headers=packs)
        assert gzip.decompress(packed.body) == plain.body
        assert "content-encoding" not in plain.headers
        refused = site.get("/v1/stories", headers={"Accept-Encoding": "gzip;q=0, *;q=0"})
        assert refused.body == plain.body
    for host in ("one.example", "two.example"):
        told = site.get("/v1/stories/feed.json", headers={"Host": host}).json
        assert host in told["feed_url"]
    assert len(site.get("/v1/stories?limit=2").json["items"]) == 2
    assert len(site.get("/v1/stories?limit=3").json["items"]) == 3


def test_requests_with_credentials_are_never_answered_from_what_is_kept(
    engine: Engine, site: Site
) -> None:
    site.get("/v1/stories")
    statements = Statements(engine)
    for header in ("Authorization", "Cookie", "X-API-Key"):
        assert site.get("/v1/stories", headers={header: "something"}).status == 200
        assert len(statements.taken()) == 3


def test_whoever_has_a_key_shares_what_is_kept_and_is_counted_and_refused_all_the_same(
    sessions: Sessions, engine: Engine
) -> None:
    settings = load({"SAMESTORY_ACCESS__READ_ACCESS": "keys", "SAMESTORY_ACCESS__REQUESTS_PER_MINUTE": "3"})
    app = create_app(sessions, clock=lambda: NOW, settings=settings)
    with running(app) as site:
        rita, bob = (make_key_client(site, sessions, name) for name in ("rita", "bob"))
        first = rita.get("/v1/stories")
        assert bob.get("/v1/outlets").status == 200  # looks his key up
        statements = Statements(engine)
        again = bob.get("/v1/stories")
        [one] = statements.taken()
        assert "change_counter" in one
        assert again.body == first.body
        assert "r=1;" in again.headers["ratelimit"]
        assert site.get("/v1/stories").status == 401
        assert [bob.get("/v1/stories").status for _ in range(2)] == [200, 429]
        with sessions.begin() as session:
            keys.revoke(session, rita.key.id, now=NOW)
        assert rita.get("/v1/stories").status == 401


def test_what_takes_a_role_is_not_shared(sessions: Sessions, site: Site) -> None:
    eve = make_key_client(site, sessions, "eve", Role.EDITOR)
    rita = make_key_client(site, sessions, "rita")
    for _ in range(2):
        assert eve.get("/v1/decisions").status == 200
        assert rita.get("/v1/decisions").status == 403
        assert site.get("/v1/decisions").status == 401


def test_an_answer_for_a_role_is_kept_for_nobody() -> None:
    async def act() -> None:
        inner = Inner(10)
        inner.role = Role.EDITOR
        kept = ResponseCache(inner, SharedReads(lambda: STATE), 100_000)
        for _ in range(2):
            await ask(kept, "/v1/a")
        assert len(inner.made) == 2

    asyncio.run(act())


def test_what_the_counter_does_not_tell_is_not_kept(engine: Engine, site: Site) -> None:
    statements = Statements(engine)
    for path in ("/v1/feeds", "/v1/runs", "/v1/stories/nobody", "/"):
        site.get(path)
        made = len(statements.taken())
        site.get(path)
        assert len(statements.taken()) == made > 0, path


def test_known_answers_are_304_and_counted_under_their_route(site: Site) -> None:
    etag = site.get("/v1/stories/ferry1").headers["etag"]
    known = site.get("/v1/stories/ferry1", headers={"If-None-Match": etag})
    assert (known.status, known.body) == (304, b"")
    assert "content-type" not in known.headers
    assert site.get("/v1/stories/ferry1", method="HEAD").status == 200
    figures = site.get("/metrics").text
    assert 'route="other"' not in figures.replace('route="/metrics"', "")


def test_nothing_is_kept_where_a_setting_says_so(sessions: Sessions, engine: Engine) -> None:
    statements = Statements(engine)
    with running(
        create_app(sessions, clock=lambda: NOW, settings=load({"SAMESTORY_WEB__RESPONSE_CACHE_MIB": "0"}))
    ) as site:
        for _ in range(2):
            site.get("/v1/stories")
            assert len(statements.taken()) >= 2


def test_a_database_that_is_gone_is_told_though_the_answer_is_there(
    sessions: Sessions, engine: Engine, site: Site
) -> None:
    assert site.get("/v1/stories").status == 200
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE change_counter RENAME TO gone"))
    assert site.get("/v1/stories").status == 500
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO change_counter"))
    assert site.get("/v1/stories").status == 200
    with sessions() as session:
        assert session.query(ArticleRow).count() == 9


class Inner:
    """An application whose answers have a size, and that counts them."""

    def __init__(self, size: int) -> None:
        self.made: list[str] = []
        self.size = size
        self.state = STATE
        self.role: Role | None = None

    async def __call__(self, scope: Any, _: Any, send: Any) -> None:
        self.made.append(scope["path"])
        scope["state"]["validators"] = Validators("tag", None, self.state)
        scope["state"]["role"] = self.role
        await asyncio.sleep(0)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * self.size})


async def ask(kept: ResponseCache, path: str) -> bytes:
    """One request to a layer that keeps answers."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [],
        "state": {},
    }  # fmt: skip
    await kept(scope, receive, send)
    return b"".join(message.get("body", b"") for message in sent)


def test_memory_is_bounded_and_the_longest_unused_goes_first() -> None:
    async def act() -> None:
        inner = Inner(10_000)
        kept = ResponseCache(inner, SharedReads(lambda: STATE), 120_000)
        for path in ("/v1/a", "/v1/b", "/v1/a", *(f"/v1/{number}" for number in range(8))):
            await ask(kept, path)
        await ask(kept, "/v1/a")
        assert inner.made.count("/v1/a") == 1
        await ask(kept, "/v1/8")
        await ask(kept, "/v1/9")
        await ask(kept, "/v1/b")
        assert inner.made.count("/v1/b") == 2
        assert inner.made.count("/v1/a") == 1

    asyncio.run(act())


def test_an_answer_too_large_is_passed_on_and_not_kept() -> None:
    async def act() -> None:
        inner = Inner(50_000)
        kept = ResponseCache(inner, SharedReads(lambda: STATE), 100_000)
        for _ in range(2):
            assert len(await ask(kept, "/v1/a")) == 50_000
        assert len(inner.made) == 2

    asyncio.run(act())


def test_of_many_who_ask_for_an_outdated_answer_one_makes_it() -> None:
    async def act() -> None:
        inner, now = Inner(10), [STATE]
        kept = ResponseCache(inner, SharedReads(lambda: now[0]), 100_000)
        await ask(kept, "/v1/a")
        now[0] = inner.state = LATER
        await asyncio.gather(*(ask(kept, "/v1/a") for _ in range(20)))
        assert len(inner.made) == 2

    asyncio.run(act())


def test_a_reading_serves_all_who_came_before_it_and_nobody_who_came_later() -> None:
    async def act() -> None:
        begun: list[int] = []

        def read() -> ChangeCounter:
            begun.append(1)
            return STATE

        readings = SharedReads(read)
        assert set(await asyncio.gather(*(readings.state() for _ in range(30)))) == {STATE}
        assert len(begun) == 1
        await readings.state()
        assert len(begun) == 2

    asyncio.run(act())


def test_a_failed_reading_is_told_to_all_who_wait_and_the_next_one_is_tried() -> None:
    async def act() -> None:
        fails = [True]

        def read() -> ChangeCounter:
            if fails[0]:
                raise OperationalError("SELECT", {}, Exception("gone"))
            return STATE

        readings = SharedReads(read)
        found = await asyncio.gather(*(readings.state() for _ in range(3)), return_exceptions=True)
        assert [type(each) for each in found] == [OperationalError] * 3
        fails[0] = False
        assert await readings.state() == STATE

    asyncio.run(act())
