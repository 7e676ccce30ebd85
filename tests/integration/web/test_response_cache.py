"""Response cache: validity, keys and roles, eviction, shared reads of the change counter."""

import asyncio
import gzip
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from traceback import walk_stack
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from service.domain.access.roles import Role
from service.settings.load import load
from service.store.access import keys, rate_buckets
from service.store.database.change_counter import ChangeCounter
from service.store.database.sessions import Sessions
from service.store.tables import ArticleRow, StoryRow
from service.web.app import create_app
from service.web.middleware.etags import ResponseValidators
from service.web.middleware.response_cache import ResponseCache
from service.web.middleware.shared_reads import SharedReads
from tests.support.database.api_keys import make_key_client
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, running, serving

COUNTER = ChangeCounter(1, datetime(2023, 4, 26, tzinfo=UTC), is_past=True)
LATER = ChangeCounter(2, datetime(2023, 4, 27, tzinfo=UTC), is_past=True)


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    """A server over one story."""
    with sessions.begin() as session:
        rows = Rows(session)
        for number in range(9):
            article = rows.article(rows.outlet(f"quay{number}"), f"Ferry strikes pier {number}")
            rows.story(f"ferry{number}", [article])
    # Several changes within a second set the counter ahead of the clock; responses change once it
    # is in the past.
    with sessions.begin() as session:
        session.execute(text("UPDATE change_counter SET changed_at = :at"), {"at": NOW})
    with serving(sessions) as running_site:
        yield running_site


class Statements:
    """Records the SQL statements of an engine, except those that exchange rate limits.

    The server executes those beside a request.
    """

    def __init__(self, engine: Engine) -> None:
        self._statements: list[str] = []
        self._exchange = rate_buckets.exchange.__code__
        event.listen(engine, "before_cursor_execute", self._record)

    def _record(self, _: Any, __: Any, statement: str, *___: Any) -> None:
        if not any(frame.f_code is self._exchange for frame, _ in walk_stack(None)):
            self._statements.append(statement)

    def take(self) -> list[str]:
        """Statements since the last call."""
        taken, self._statements = self._statements, []
        return taken


def test_cached_response_is_identical_and_needs_one_query(engine: Engine, site: Site) -> None:
    while "last-modified" not in site.get("/v1/outlets").headers:
        time.sleep(0.05)  # sent once the last change is a second old
    statements = Statements(engine)
    first = site.get("/v1/stories")
    assert len(statements.take()) == 4
    again = site.get("/v1/stories")
    [one] = statements.take()
    assert "change_counter" in one
    assert again.body == first.body
    ignored = {"x-request-id", "date", "ratelimit"}
    same = [{k: v for k, v in each.headers.items() if k not in ignored} for each in (first, again)]
    assert same[0] == same[1]
    assert again.headers["x-request-id"] != first.headers["x-request-id"]


def test_change_is_visible_to_the_next_request(sessions: Sessions, site: Site) -> None:
    for number in range(5):
        title = f"Ferry sinks, {number}"
        with sessions.begin() as session:
            session.query(StoryRow).filter_by(id="ferry3").update({"headline": title})
        story = site.get("/v1/stories/ferry3").json
        assert story["headline"] == title
        assert site.get("/v1/stories/ferry3").json == story


def test_concurrent_readers_never_get_outdated_responses(sessions: Sessions, site: Site) -> None:
    written, errors, stop = [0], [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            expected = written[0]
            headline = int(site.get("/v1/stories/ferry3").json["headline"] or 0)
            if headline < expected:
                errors.append((expected, headline))

    with sessions.begin() as session:
        session.query(StoryRow).filter_by(id="ferry3").update({"headline": "0"})
    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(1, 30):
        with sessions.begin() as session:
            session.query(StoryRow).filter_by(id="ferry3").update({"headline": str(number)})
        written[0] = number
    stop.set()
    for reader in readers:
        reader.join()
    assert errors == []


def test_cache_key_includes_encoding_host_and_query(site: Site) -> None:
    accepts_gzip = {"Accept-Encoding": "gzip"}
    for _ in range(2):
        plain, compressed = site.get("/v1/stories"), site.get("/v1/stories", headers=accepts_gzip)
        assert gzip.decompress(compressed.body) == plain.body
        assert "content-encoding" not in plain.headers
        refused = site.get("/v1/stories", headers={"Accept-Encoding": "gzip;q=0, *;q=0"})
        assert refused.body == plain.body
    for host in ("localhost", "127.0.0.1"):
        feed = site.get("/v1/stories/feed.json", headers={"Host": host}).json
        assert host in feed["feed_url"]
    assert len(site.get("/v1/stories?limit=2").json["items"]) == 2
    assert len(site.get("/v1/stories?limit=3").json["items"]) == 3


def test_requests_with_credentials_bypass_the_cache(engine: Engine, site: Site) -> None:
    site.get("/v1/stories")
    statements = Statements(engine)
    for header in ("Authorization", "Cookie"):
        assert site.get("/v1/stories", headers={header: "something"}).status == 200
        assert len(statements.take()) == 2  # the counter and the stories, which are known
    # samestory accepts no key in this header.
    assert site.get("/v1/stories", headers={"X-API-Key": "something"}).status == 200
    assert len(statements.take()) == 1


def test_keys_share_the_cache_after_authentication_and_rate_limit(
    sessions: Sessions, engine: Engine
) -> None:
    settings = load(
        {"SAMESTORY_ACCESS__READ_ACCESS": "keys", "SAMESTORY_ACCESS__REQUESTS_PER_MINUTE": "3"}
    )
    app = create_app(sessions, clock=lambda: NOW, settings=settings)
    with running(app) as site:
        rita, bob = (make_key_client(site, sessions, name) for name in ("rita", "bob"))
        first = rita.get("/v1/stories")
        assert bob.get("/v1/outlets").status == 200  # reads and caches the key
        statements = Statements(engine)
        again = bob.get("/v1/stories")
        [one] = statements.take()
        assert "change_counter" in one
        assert again.body == first.body
        assert "r=1;" in again.headers["ratelimit"]
        assert site.get("/v1/stories").status == 401
        assert [bob.get("/v1/stories").status for _ in range(2)] == [200, 429]
        with sessions.begin() as session:
            keys.revoke(session, rita.key.id, now=NOW)
        assert rita.get("/v1/stories").status == 401


def test_responses_that_require_a_role_are_not_shared(sessions: Sessions, site: Site) -> None:
    eve = make_key_client(site, sessions, "eve", Role.EDITOR)
    rita = make_key_client(site, sessions, "rita")
    for _ in range(2):
        assert eve.get("/v1/decisions").status == 200
        assert rita.get("/v1/decisions").status == 403
        assert site.get("/v1/decisions").status == 401


def test_responses_for_a_role_are_not_cached() -> None:
    async def run() -> None:
        inner = Inner(10)
        inner.role = Role.EDITOR
        cache = ResponseCache(inner, SharedReads(lambda: COUNTER), 100_000)
        for _ in range(2):
            await request(cache, "/v1/a")
        assert len(inner.paths) == 2

    asyncio.run(run())


def test_responses_independent_of_the_counter_are_not_cached(engine: Engine, site: Site) -> None:
    statements = Statements(engine)
    for path in ("/v1/feeds", "/v1/runs", "/v1/stories/nobody", "/"):
        site.get(path)
        count = len(statements.take())
        site.get(path)
        assert len(statements.take()) == count > 0, path


def test_cached_304_is_counted_under_its_route(site: Site) -> None:
    etag = site.get("/v1/stories/ferry1").headers["etag"]
    conditional = site.get("/v1/stories/ferry1", headers={"If-None-Match": etag})
    assert (conditional.status, conditional.body) == (304, b"")
    assert "content-type" not in conditional.headers
    assert site.get("/v1/stories/ferry1", method="HEAD").status == 200
    metrics = site.get("/metrics").text
    assert 'route="other"' not in metrics.replace('route="/metrics"', "")


def test_cache_size_zero_disables_the_cache(sessions: Sessions, engine: Engine) -> None:
    statements = Statements(engine)
    with running(
        create_app(
            sessions, clock=lambda: NOW, settings=load({"SAMESTORY_WEB__RESPONSE_CACHE_MIB": "0"})
        )
    ) as site:
        for _ in range(2):
            site.get("/v1/stories")
            assert len(statements.take()) >= 2


def test_database_failure_is_reported_despite_a_cached_response(
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
    """An application that records requests and responds with a given size."""

    def __init__(self, size: int) -> None:
        self.paths: list[str] = []
        self.size = size
        self.counter = COUNTER
        self.role: Role | None = None

    async def __call__(self, scope: Any, _: Any, send: Any) -> None:
        self.paths.append(scope["path"])
        scope["state"]["validators"] = ResponseValidators(None, self.counter)
        scope["state"]["role"] = self.role
        await asyncio.sleep(0)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * self.size})


async def request(cache: ResponseCache, path: str) -> bytes:
    """Send one request to the cache; return the body."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [],
        "state": {},
    }  # fmt: skip
    await cache(scope, receive, send)
    return b"".join(message.get("body", b"") for message in sent)


def test_least_recently_used_response_is_evicted() -> None:
    async def run() -> None:
        inner = Inner(10_000)
        cache = ResponseCache(inner, SharedReads(lambda: COUNTER), 120_000)
        for path in ("/v1/a", "/v1/b", "/v1/a", *(f"/v1/{number}" for number in range(8))):
            await request(cache, path)
        await request(cache, "/v1/a")
        assert inner.paths.count("/v1/a") == 1
        await request(cache, "/v1/8")
        await request(cache, "/v1/9")
        await request(cache, "/v1/b")
        assert inner.paths.count("/v1/b") == 2
        assert inner.paths.count("/v1/a") == 1

    asyncio.run(run())


def test_too_large_response_is_not_cached() -> None:
    async def run() -> None:
        inner = Inner(50_000)
        cache = ResponseCache(inner, SharedReads(lambda: COUNTER), 100_000)
        for _ in range(2):
            assert len(await request(cache, "/v1/a")) == 50_000
        assert len(inner.paths) == 2

    asyncio.run(run())


def test_outdated_response_is_computed_once_for_concurrent_requests() -> None:
    async def run() -> None:
        inner, now = Inner(10), [COUNTER]
        cache = ResponseCache(inner, SharedReads(lambda: now[0]), 100_000)
        await request(cache, "/v1/a")
        now[0] = inner.counter = LATER
        await asyncio.gather(*(request(cache, "/v1/a") for _ in range(20)))
        assert len(inner.paths) == 2

    asyncio.run(run())


def test_missing_response_is_computed_once_for_concurrent_requests() -> None:
    async def run() -> None:
        inner = Inner(10)
        cache = ResponseCache(inner, SharedReads(lambda: COUNTER), 100_000)
        bodies = await asyncio.gather(*(request(cache, "/v1/a") for _ in range(20)))
        assert set(bodies) == {b"x" * 10}
        assert len(inner.paths) == 1

    asyncio.run(run())


def test_change_during_a_computation_costs_one_more() -> None:
    async def run() -> None:
        inner, now = Inner(10), [COUNTER]
        cache = ResponseCache(inner, SharedReads(lambda: now[0]), 100_000)
        waiting = [asyncio.create_task(request(cache, "/v1/a")) for _ in range(20)]
        await asyncio.sleep(0)
        now[0] = LATER  # the first computation has read the data before
        await asyncio.gather(*waiting)
        assert len(inner.paths) == 2

    asyncio.run(run())


def test_streams_do_not_wait_for_each_other() -> None:
    async def run() -> None:
        started = 0
        all_started = asyncio.Event()

        async def stream(scope: Any, _: Any, send: Any) -> None:
            nonlocal started
            scope["state"]["validators"] = None
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"a", "more_body": True})
            started += 1
            if started == 5:
                all_started.set()
            await all_started.wait()
            await send({"type": "http.response.body", "body": b"b"})

        cache = ResponseCache(stream, SharedReads(lambda: COUNTER), 100_000)
        requests = (request(cache, "/v1/changes/stream") for _ in range(5))
        async with asyncio.timeout(5):
            assert set(await asyncio.gather(*requests)) == {b"ab"}

    asyncio.run(run())


def test_unrelated_change_keeps_the_validators(sessions: Sessions, site: Site) -> None:
    while "last-modified" not in site.get("/v1/stories/ferry1").headers:
        time.sleep(0.05)  # sent once the last change is a second old
    first = site.get("/v1/stories/ferry1").headers
    for number in range(3):
        with sessions.begin() as session:
            session.query(StoryRow).filter_by(id="ferry3").update({"headline": f"No. {number}"})
        for condition, name in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
            again = site.get("/v1/stories/ferry1", headers={condition: first[name]})
            assert (again.status, again.body) == (304, b"")
            assert again.headers[name] == first[name]
    with sessions.begin() as session:
        session.query(StoryRow).filter_by(id="ferry1").update({"headline": "Ferry sinks"})
    for condition, name in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
        changed = site.get("/v1/stories/ferry1", headers={condition: first[name]})
        assert changed.status == 200
        assert changed.headers["etag"] != first["etag"]


def test_conditional_requests_after_changes_share_one_computation(
    sessions: Sessions, engine: Engine, site: Site
) -> None:
    etag = site.get("/v1/stories/ferry1").headers["etag"]
    with sessions.begin() as session:
        session.query(StoryRow).filter_by(id="ferry3").update({"headline": "Another"})
    site.get("/v1/stories/ferry1", headers={"If-None-Match": etag})
    statements = Statements(engine)
    for _ in range(3):
        assert site.get("/v1/stories/ferry1", headers={"If-None-Match": etag}).status == 304
    assert len(statements.take()) == 3  # only reads of the counter


def test_shared_read_serves_only_earlier_requests() -> None:
    async def run() -> None:
        reads: list[int] = []

        def read() -> ChangeCounter:
            reads.append(1)
            return COUNTER

        shared = SharedReads(read)
        assert set(await asyncio.gather(*(shared.counter() for _ in range(30)))) == {COUNTER}
        assert len(reads) == 1
        await shared.counter()
        assert len(reads) == 2

    asyncio.run(run())


def test_failed_read_is_passed_to_all_waiting_requests() -> None:
    async def run() -> None:
        failing = [True]

        def read() -> ChangeCounter:
            if failing[0]:
                raise OperationalError("SELECT", {}, Exception("gone"))
            return COUNTER

        shared = SharedReads(read)
        results = await asyncio.gather(
            *(shared.counter() for _ in range(3)), return_exceptions=True
        )
        assert [type(each) for each in results] == [OperationalError] * 3
        failing[0] = False
        assert await shared.counter() == COUNTER

    asyncio.run(run())
