"""Tests of the change feed: pages and the event stream."""

import asyncio
import http.client
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from service.domain.queries.conditions import Query
from service.settings.load import load
from service.store.database import locks
from service.store.database.sessions import Sessions
from service.store.stories import apply_plan
from service.store.story_views.changes import ChangePage, load_changes_since, load_matching_changes
from service.store.tables import StoryRow
from service.web.api.stories.changes import stream_events
from service.web.app import create_app
from tests.support.content.site.site_content import fill
from tests.support.database.api_keys import make_key_client
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, running, serving

STREAM = "/v1/changes/stream"


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    """A server with an empty database."""
    with serving(sessions) as served:
        yield served


def all_changes(site: Site, since: int = 0, *, limit: int = 3) -> list[dict[str, Any]]:
    """All changes after an id, page by page."""
    items: list[dict[str, Any]] = []
    more = True
    while more:
        page = site.get(f"/v1/changes?since={since}&limit={limit}").json
        items += page["items"]
        since, more = page["next"], page["more"]
    return items


def test_changes_are_ordered_and_resumable(sessions: Sessions, site: Site) -> None:
    assert site.get("/v1/changes").json == {"items": [], "next": 0, "more": False}
    with sessions.begin() as session:
        fill(session)
    items = all_changes(site)
    numbers = [each["id"] for each in items]
    assert numbers == sorted(set(numbers))
    assert {"emerged", "grew", "merged", "closed"} <= {each["kind"] for each in items}
    assert all_changes(site, numbers[4]) == items[5:]
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("late", [rows.article(rows.outlet("late-outlet"), "Late")])
    [only] = all_changes(site, numbers[-1])
    assert (only["story"], only["kind"]) == ("late", "emerged")


def test_hidden_stories_are_excluded(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("visible", [rows.article(rows.outlet("quay"), "A")])
        rows.story("hidden-story", [rows.article(rows.outlet("bay"), "B")])
    with sessions.begin() as session:
        session.query(StoryRow).filter_by(id="hidden-story").update({"hidden": True})
    assert [each["story"] for each in all_changes(site)] == ["visible"]


def test_late_commit_is_not_skipped(sessions: Sessions) -> None:
    """A second writer waits for the first, so that ids become visible in order."""
    entered = threading.Event()
    done: list[str] = []

    def second() -> None:
        with sessions.begin() as session:
            rows = Rows(session)
            article = rows.article(rows.outlet("fast"), "Fast")
            entered.set()
            rows.story("fast", [article])
        done.append("fast")

    with sessions() as slow:
        rows = Rows(slow)
        rows.story("slow", [rows.article(rows.outlet("slow"), "Slow")])
        other = threading.Thread(target=second)
        other.start()
        assert entered.wait(10)
        other.join(0.5)
        assert done == []
        with sessions() as reader:
            assert load_changes_since(reader, 0).items == ()
        slow.commit()
    other.join(10)
    with sessions() as reader:
        assert [each.story_id for each in load_changes_since(reader, 0).items] == ["slow", "fast"]


def test_concurrent_writers_lose_no_changes(sessions: Sessions) -> None:
    def write(number: int) -> None:
        for turn in range(5):
            with sessions.begin() as session:
                rows = Rows(session)
                name = f"s{number}-{turn}"
                rows.story(name, [rows.article(rows.outlet(name), name)])

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    seen: list[int] = []
    while any(writer.is_alive() for writer in writers) or len(seen) < 20:
        with sessions() as session:
            page = load_changes_since(session, seen[-1] if seen else 0)
        seen += [each.id for each in page.items]
    assert len(seen) == len(set(seen)) == 20


def test_writers_hold_the_advisory_lock(sessions: Sessions) -> None:
    key = locks.lock_key(apply_plan.LOCK)
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("ferry", [rows.article(rows.outlet("quay"), "Ferry")])
        with sessions.begin() as other:
            assert not other.scalar(select(func.pg_try_advisory_xact_lock(key)))


def test_since_latest_returns_the_current_position(sessions: Sessions, site: Site) -> None:
    assert site.get("/v1/changes?since=latest").json == {"items": [], "next": 0, "more": False}
    with sessions.begin() as session:
        fill(session)
    numbers = [each["id"] for each in all_changes(site)]
    latest = site.get("/v1/changes?since=latest")
    assert latest.json == {"items": [], "next": numbers[-1], "more": False}
    cached = {"If-None-Match": latest.headers["etag"]}
    assert site.get("/v1/changes?since=latest", headers=cached).status == 304
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("raft", [rows.article(rows.outlet("quay"), "Raft")])
    assert site.get("/v1/changes?since=latest", headers=cached).status == 200
    later = site.get(f"/v1/changes?since={numbers[-1]}").json
    assert [each["story"] for each in later["items"]] == ["raft"]


def test_stream_sends_the_same_changes_and_resumes_by_last_event_id(
    sessions: Sessions, site: Site
) -> None:
    with sessions.begin() as session:
        fill(session)
    numbers = [each["id"] for each in all_changes(site)]
    response = site.get("/v1/changes/stream?since=0&seconds=1")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert ids(response.text) == [0, *numbers]
    assert "event: merged\n" in response.text
    last = {"Last-Event-ID": str(numbers[-2])}
    again = site.get("/v1/changes/stream?since=0&seconds=1", headers=last)
    assert ids(again.text) == numbers[-2:]
    silent = site.get("/v1/changes/stream?seconds=1")
    assert "data:" not in silent.text


def test_since_beyond_the_latest_change_returns_422(sessions: Sessions, site: Site) -> None:
    assert site.get("/v1/changes?since=1").status == 422
    with sessions.begin() as session:
        fill(session)
    latest = site.get("/v1/changes?since=latest").json["next"]
    here = site.get(f"/v1/changes?since={latest}")
    assert here.json == {"items": [], "next": latest, "more": False}
    assert site.get(f"{STREAM}?since={latest}&seconds=1").status == 200
    ahead = {"Last-Event-ID": str(latest + 1)}
    for rejected in (
        site.get(f"/v1/changes?since={latest + 1}"),
        site.get(f"{STREAM}?since={latest + 1}"),
        site.get(STREAM, headers=ahead),
    ):
        assert rejected.status == 422
        assert (
            f"Invalid since {latest + 1}: the latest change is {latest}" in rejected.json["detail"]
        )
        assert "since=latest" in rejected.json["detail"]


def test_returned_position_is_always_valid(sessions: Sessions, site: Site) -> None:
    """A client can continue from each change as soon as it is listed, while others are written."""
    finished = threading.Event()

    def write() -> None:
        for turn in range(20):
            with sessions.begin() as session:
                rows = Rows(session)
                rows.story(f"s{turn}", [rows.article(rows.outlet(f"o{turn}"), "A")])
        finished.set()

    writer = threading.Thread(target=write)
    writer.start()
    since, seen = 0, 0
    while not finished.is_set() or seen < 20:
        response = site.get(f"/v1/changes?since={since}")
        assert response.status == 200, response.text
        since, seen = response.json["next"], seen + len(response.json["items"])
    writer.join()


def ids(stream: str) -> list[int]:
    """The ids of all events in a stream, including heartbeats."""
    return [int(line[4:]) for line in stream.splitlines() if line.startswith("id: ")]


def test_stream_can_resume_before_its_first_event(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        fill(session)
    silent = site.get(f"{STREAM}?seconds=1").text
    assert silent.startswith("retry: 1000\nid: ")
    [began] = ids(silent)
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("raft", [rows.article(rows.outlet("quay"), "Raft")])
    again = site.get(f"{STREAM}?seconds=1", headers={"Last-Event-ID": str(began)})
    assert '"story":"raft"' in again.text


def test_idle_stream_sends_heartbeats_with_the_position(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        fill(session)
    numbers = [each["id"] for each in all_changes(site)]

    async def is_authorized() -> bool:
        return True

    def load(since: int) -> ChangePage:
        with sessions() as session:
            return load_matching_changes(session, since, Query())

    async def read_stream() -> str:
        events = stream_events(load, numbers[-2], 1, is_authorized, keep_alive_seconds=0.5)
        return "".join([block async for block in events])

    body = asyncio.run(read_stream())
    assert f": keep-alive\nid: {numbers[-1]}\n\n" in body
    assert ids(body) == [*numbers[-2:], numbers[-1]]


def test_stream_limits_are_enforced_and_released(
    sessions: Sessions,
) -> None:
    settings = load(
        {"SAMESTORY_WEB__MAX_STREAMS": "2", "SAMESTORY_WEB__MAX_STREAMS_PER_CLIENT": "1"}
    )
    app = create_app(sessions, clock=lambda: NOW, settings=settings)
    with running(app) as site:
        rita, bob = (make_key_client(site, sessions, name) for name in ("rita", "bob"))
        first_stream = open_stream(site)
        again = site.get(STREAM)
        assert (again.status, again.headers["retry-after"]) == (429, "30")
        assert again.json["type"] == "urn:samestory:problem:too-many-requests"
        second_stream = open_stream(site, rita.secret)
        full = bob.get(STREAM)
        assert (full.status, full.headers["retry-after"]) == (503, "30")
        assert "2 streams" in full.json["detail"]
        first_stream.close()
        assert any(bob.get(f"{STREAM}?seconds=1").status == 200 for _ in range(200))
        assert rita.get(STREAM).status == 429
        second_stream.close()


def test_head_request_ends_and_takes_no_stream_slot(sessions: Sessions) -> None:
    settings = load({"SAMESTORY_WEB__MAX_STREAMS": "1"})
    app = create_app(sessions, clock=lambda: NOW, settings=settings)
    with running(app) as site:
        first_stream = open_stream(site)
        began = time.monotonic()
        head = site.get(f"{STREAM}?since=0&seconds=3600", method="HEAD")
        assert (head.status, head.body) == (200, b"")
        assert time.monotonic() - began < 15
        assert head.headers["content-type"].startswith("text/event-stream")
        assert "content-length" not in head.headers
        assert "etag" not in head.headers
        assert site.get(f"{STREAM}?since=x", method="HEAD").status == 422
        assert site.get(STREAM).status == 503
        first_stream.close()


def open_stream(site: Site, secret: str = "") -> http.client.HTTPConnection:
    """Open a stream and read its first line."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    connection.request("GET", STREAM, headers=headers)
    response = connection.getresponse()
    assert response.status == 200
    assert response.readline().startswith(b"retry:")
    return connection


@pytest.mark.parametrize(
    "query", ["since=x", "since=-1", f"since={2**63}", "since=%00", "limit=0", "since="]
)
def test_invalid_since_returns_422(site: Site, query: str) -> None:
    response = site.get(f"/v1/changes?{query}")
    assert response.status == 422
    assert response.json["detail"]
    if query.startswith("since"):
        assert response.json["errors"] == [
            {
                "location": "query.since",
                "detail": "expected `next` of the previous response, 0 or `latest`",
            }
        ]
        assert site.get(f"/v1/changes/stream?{query}&seconds=1").status == 422
