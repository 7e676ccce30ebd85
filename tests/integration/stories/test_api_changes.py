"""Following stories: one sequence without gaps, asked for or streamed."""

import http.client
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from service.settings.load import load
from service.store.database import locks
from service.store.database.sessions import Sessions
from service.store.stories import apply_plan
from service.store.story_views.changes import changes_since
from service.store.tables import StoryRow
from service.web.app import create_app
from tests.support.content.site_content import fill
from tests.support.database.api_keys import holder
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, running, serving

STREAM = "/v1/changes/stream"


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    """A server over an empty store."""
    with serving(sessions) as served:
        yield served


def followed(site: Site, since: int = 0, *, limit: int = 3) -> list[dict[str, Any]]:
    """Everything after a number, page by page."""
    found: list[dict[str, Any]] = []
    more = True
    while more:
        page = site.get(f"/v1/changes?since={since}&limit={limit}").json
        found += page["items"]
        since, more = page["next"], page["more"]
    return found


def test_changes_come_in_order_and_go_on_where_one_stopped(sessions: Sessions, site: Site) -> None:
    assert site.get("/v1/changes").json == {"items": [], "next": 0, "more": False}
    with sessions.begin() as session:
        fill(session)
    found = followed(site)
    numbers = [each["id"] for each in found]
    assert numbers == sorted(set(numbers))
    assert {"emerged", "grew", "merged", "closed"} <= {each["kind"] for each in found}
    assert followed(site, numbers[4]) == found[5:]
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("late", [rows.article(rows.outlet("late-outlet"), "Late")])
    [only] = followed(site, numbers[-1])
    assert (only["story"], only["kind"]) == ("late", "emerged")


def test_hidden_stories_are_not_told_of(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("kept", [rows.article(rows.outlet("quay"), "A")])
        rows.story("secret", [rows.article(rows.outlet("bay"), "B")])
    with sessions.begin() as session:
        session.query(StoryRow).filter_by(id="secret").update({"hidden": True})
    assert [each["story"] for each in followed(site)] == ["kept"]


def test_what_commits_late_is_not_skipped(sessions: Sessions) -> None:
    """A second writer waits for the first, so that numbers become visible in their order."""
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
            assert changes_since(reader, 0).items == ()
        slow.commit()
    other.join(10)
    with sessions() as reader:
        assert [each.story_id for each in changes_since(reader, 0).items] == ["slow", "fast"]


def test_many_writers_and_a_follower_lose_nothing(sessions: Sessions) -> None:
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
            page = changes_since(session, seen[-1] if seen else 0)
        seen += [each.id for each in page.items]
    assert len(seen) == len(set(seen)) == 20


def test_writers_hold_the_lock_that_the_database_asks_for(sessions: Sessions) -> None:
    key = locks.lock_key(apply_plan.LOCK)
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("ferry", [rows.article(rows.outlet("quay"), "Ferry")])
        with sessions.begin() as other:
            assert not other.scalar(select(func.pg_try_advisory_xact_lock(key)))


def test_who_starts_with_the_latest_misses_nothing_from_then_on(
    sessions: Sessions, site: Site
) -> None:
    assert site.get("/v1/changes?since=latest").json == {"items": [], "next": 0, "more": False}
    with sessions.begin() as session:
        fill(session)
    numbers = [each["id"] for each in followed(site)]
    latest = site.get("/v1/changes?since=latest")
    assert latest.json == {"items": [], "next": numbers[-1], "more": False}
    known = {"If-None-Match": latest.headers["etag"]}
    assert site.get("/v1/changes?since=latest", headers=known).status == 304
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("raft", [rows.article(rows.outlet("quay"), "Raft")])
    assert site.get("/v1/changes?since=latest", headers=known).status == 200
    later = site.get(f"/v1/changes?since={numbers[-1]}").json
    assert [each["story"] for each in later["items"]] == ["raft"]


def test_a_stream_tells_the_same_and_goes_on_by_its_last_event(
    sessions: Sessions, site: Site
) -> None:
    with sessions.begin() as session:
        fill(session)
    numbers = [each["id"] for each in followed(site)]
    answer = site.get("/v1/changes/stream?since=0&seconds=1")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert ids(answer.text) == [0, *numbers]
    assert "event: merged\n" in answer.text
    last = {"Last-Event-ID": str(numbers[-2])}
    again = site.get("/v1/changes/stream?since=0&seconds=1", headers=last)
    assert ids(again.text) == numbers[-2:]
    silent = site.get("/v1/changes/stream?seconds=1")
    assert "data:" not in silent.text


def test_numbers_that_are_still_to_come_are_refused(sessions: Sessions, site: Site) -> None:
    assert site.get("/v1/changes?since=1").status == 422
    with sessions.begin() as session:
        fill(session)
    latest = site.get("/v1/changes?since=latest").json["next"]
    here = site.get(f"/v1/changes?since={latest}")
    assert here.json == {"items": [], "next": latest, "more": False}
    assert site.get(f"{STREAM}?since={latest}&seconds=1").status == 200
    ahead = {"Last-Event-ID": str(latest + 1)}
    for refused in (
        site.get(f"/v1/changes?since={latest + 1}"),
        site.get(f"{STREAM}?since={latest + 1}"),
        site.get(STREAM, headers=ahead),
    ):
        assert refused.status == 422
        assert (
            f"Invalid since {latest + 1}: the latest change is {latest}" in refused.json["detail"]
        )
        assert "since=latest" in refused.json["detail"]


def test_what_was_just_told_is_a_number_that_was_reached(sessions: Sessions, site: Site) -> None:
    """Each change is followed from its own number at once, while the next one is written."""
    following = threading.Event()

    def write() -> None:
        for turn in range(20):
            with sessions.begin() as session:
                rows = Rows(session)
                rows.story(f"s{turn}", [rows.article(rows.outlet(f"o{turn}"), "A")])
        following.set()

    writer = threading.Thread(target=write)
    writer.start()
    since, seen = 0, 0
    while not following.is_set() or seen < 20:
        answer = site.get(f"/v1/changes?since={since}")
        assert answer.status == 200, answer.text
        since, seen = answer.json["next"], seen + len(answer.json["items"])
    writer.join()


def ids(stream: str) -> list[int]:
    """The numbers that a stream told, those of blocks without a change among them."""
    return [int(line[4:]) for line in stream.splitlines() if line.startswith("id: ")]


def test_who_is_cut_off_before_the_first_event_misses_nothing(
    sessions: Sessions, site: Site
) -> None:
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


def test_a_silent_stream_says_how_far_it_is(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        fill(session)
    numbers = [each["id"] for each in followed(site)]
    told = site.get(f"{STREAM}?since={numbers[-2]}&seconds=18").text
    assert f": still here\nid: {numbers[-1]}\n\n" in told
    assert ids(told) == [*numbers[-2:], numbers[-1]]


def test_so_many_streams_are_open_and_a_place_is_free_again_when_one_has_gone(
    sessions: Sessions,
) -> None:
    settings = load(
        {"SAMESTORY_WEB__MAX_STREAMS": "2", "SAMESTORY_WEB__MAX_STREAMS_PER_CLIENT": "1"}
    )
    app = create_app(sessions, clock=lambda: NOW, settings=settings)
    with running(app) as site:
        rita, bob = (holder(site, sessions, name) for name in ("rita", "bob"))
        mine = opened(site)
        again = site.get(STREAM)
        assert (again.status, again.headers["retry-after"]) == (429, "30")
        assert again.json["type"] == "urn:samestory:problem:too-many-requests"
        theirs = opened(site, rita.secret)
        full = bob.get(STREAM)
        assert (full.status, full.headers["retry-after"]) == (503, "30")
        assert "2 streams" in full.json["detail"]
        mine.close()
        assert any(bob.get(f"{STREAM}?seconds=1").status == 200 for _ in range(200))
        assert rita.get(STREAM).status == 429
        theirs.close()


def test_head_of_a_stream_has_an_end_and_takes_no_place(sessions: Sessions) -> None:
    settings = load({"SAMESTORY_WEB__MAX_STREAMS": "1"})
    app = create_app(sessions, clock=lambda: NOW, settings=settings)
    with running(app) as site:
        mine = opened(site)
        began = time.monotonic()
        head = site.get(f"{STREAM}?since=0&seconds=3600", method="HEAD")
        assert (head.status, head.body) == (200, b"")
        assert time.monotonic() - began < 5
        assert head.headers["content-type"].startswith("text/event-stream")
        assert "content-length" not in head.headers
        assert "etag" not in head.headers
        assert site.get(f"{STREAM}?since=x", method="HEAD").status == 422
        assert site.get(STREAM).status == 503
        mine.close()


def opened(site: Site, secret: str = "") -> http.client.HTTPConnection:
    """A stream that has begun."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    connection.request("GET", STREAM, headers=headers)
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.readline().startswith(b"retry:")
    return connection


@pytest.mark.parametrize(
    "query", ["since=x", "since=-1", f"since={2**63}", "since=%00", "limit=0", "since="]
)
def test_hostile_numbers_are_refused(site: Site, query: str) -> None:
    answer = site.get(f"/v1/changes?{query}")
    assert answer.status == 422
    assert answer.json["detail"]
    if query.startswith("since"):
        assert answer.json["errors"] == [
            {
                "where": "query.since",
                "detail": "write `next` of the answer before, 0 or `latest`",
            }
        ]
        assert site.get(f"/v1/changes/stream?{query}&seconds=1").status == 422
