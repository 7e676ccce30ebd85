"""The job `fetch`: any failure of one feed is recorded on it, and the others continue."""

import json
import threading
import time
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from jobs.fetch import fetch
from jobs.running.context import Context
from service.errors import InternalFeedError
from service.ingest.admission_job import AdmissionJob
from service.ingest.fetching.fetch import FetchRequest, FetchResult
from service.ingest.parsing.processes.worker import Job, run_job
from service.ingest.read_feeds import FeedReader, read_feeds
from service.store.identity.revisions import MAX_REVISION
from service.store.tables import ArticleRow, FeedRow, RevisionRow
from tests.integration.conftest import NOW, Clock
from tests.support.content.feed_reports import FERRY, MEETING, MEETING_AGAIN, item, rss
from tests.support.database.due_feeds import add_feeds, feed_rows, titles
from tests.support.servers.feed_server import (
    Behaviour,
    FeedServer,
    Request,
    raw,
    redirect,
    reply,
    slow,
)

FINE = reply(rss([item("fine", FERRY, NOW)]))
#: Fails when the article of the feed is stored.
REJECT_MEETINGS = """
CREATE FUNCTION reject() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.title LIKE 'Defence%' THEN RAISE EXCEPTION E'no meetings\\nin this database'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reject BEFORE INSERT ON articles FOR EACH ROW EXECUTE FUNCTION reject()
"""
#: Fails when a failure is recorded.
REJECT_FAILURES = """
CREATE FUNCTION reject_failure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.outcome = 'failed' THEN RAISE EXCEPTION 'no failures'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reject_failure BEFORE INSERT ON fetches FOR EACH ROW
EXECUTE FUNCTION reject_failure()
"""


def execute(context: Context, statement: str) -> None:
    with context.sessions.begin() as session:
        session.execute(text(statement))


def json_feed(**members: object) -> bytes:
    """Render a JSON Feed with one item."""
    entry = {"id": "1", "url": "https://daily.example/1", "title": MEETING[0]}
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps({"version": version, "items": [entry], **members}).encode()


def with_header(line: bytes) -> Behaviour:
    body = rss([item("1", MEETING, NOW)])
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n" % len(body)
    return raw(head + line + b"\r\n\r\n" + body)


@pytest.mark.parametrize(
    "faulty",
    [
        with_header(b'ETag: "caf\xe9"'),
        with_header(b'ETag: "caf\xc3\xa9"'),
        with_header(b'ETag: "' + b"e" * 7000 + b'"'),
        with_header(b"Last-Modified: M\xe4rz"),
        reply(json_feed(home_page_url="https://daily.example/\0")),
        reply(json_feed(language="e\0n")),
        reply(json_feed(language="en" + "-latn" * 400)),
        reply(json_feed(items=[{"id": "a\0b", "title": MEETING[0]}])),
        reply(json_feed(items=[{"id": "a\ud800", "title": MEETING[0], "tags": ["\0\ud800"]}])),
        reply(json_feed(items=[{"id": "a", "title": MEETING[0], "content_text": "\udfff\0"}])),
        reply(json_feed(authors=[{"name": "A\0nn \u202edlrow"}])),
    ],
)
def test_feed_with_unusual_text_is_stored_like_any_other(
    context: Context, feed_server: FeedServer, faulty: Behaviour
):
    feed_server.routes |= {"/faulty": faulty, "/fine": FINE}
    add_feeds(context, feed_server, "/faulty", "/fine")
    assert fetch(context)["ok"] == 2
    assert titles(context) == sorted([MEETING[0], FERRY[0]])
    assert {feed.error for feed in feed_rows(context).values()} == {None}


def test_feed_keeps_its_url_if_the_new_one_is_too_long(
    context: Context, feed_server: FeedServer, clock: Clock
):
    # Random, because Postgres compresses long values before it stores them in an index.
    letters = "".join(chr(97 + (number * number * 7919 >> 5) % 26) for number in range(3500))
    target = f"/{letters}"
    feed_server.routes |= {
        "/moved": redirect(target, status="301 Moved Permanently"),
        target: reply(rss([item("1", MEETING, NOW)])),
        "/fine": FINE,
    }
    add_feeds(context, feed_server, "/moved", "/fine")
    assert fetch(context)["ok"] == 2
    assert feed_rows(context)["/moved"].url == feed_server.url("/moved")
    clock.advance(days=2)
    assert fetch(context)["ok"] == 2
    assert feed_rows(context)["/moved"].url == feed_server.url("/moved")


def test_last_revision_number_is_used_for_all_later_changes(
    context: Context, feed_server: FeedServer, clock: Clock
):
    feed_server.routes |= {"/faulty": reply(rss([item("1", MEETING, NOW)])), "/fine": FINE}
    add_feeds(context, feed_server, "/faulty", "/fine")
    fetch(context)
    with context.sessions.begin() as session:
        session.execute(update(ArticleRow).values(revision=MAX_REVISION))
    for days, report in [(2, MEETING_AGAIN), (4, MEETING)]:
        clock.now = NOW + timedelta(days=days)
        feed_server.routes["/faulty"] = reply(rss([item("1", report, NOW)]))
        assert fetch(context)["ok"] == 2
    assert titles(context) == sorted([MEETING[0], FERRY[0]])
    with context.sessions.begin() as session:
        assert session.scalars(select(RevisionRow)).all() == []


def test_feed_that_cannot_be_stored_gets_the_error_and_backs_off(
    context: Context, feed_server: FeedServer, clock: Clock
):
    execute(context, REJECT_MEETINGS)
    feed_server.routes |= {"/faulty": reply(rss([item("1", MEETING, NOW)])), "/fine": FINE}
    add_feeds(context, feed_server, "/faulty", "/fine")
    waits = []
    for failures in (1, 2, 3):
        fetch(context)
        feed = feed_rows(context)["/faulty"]
        assert (feed.error_count, feed.error_kind) == (failures, "internal")
        assert feed.error is not None
        assert "no meetings" in feed.error
        assert "\n" not in feed.error
        waits.append(feed.next_fetch_at - clock.now)
        clock.now = feed.next_fetch_at
    assert waits[0] < waits[1] < waits[2]
    assert titles(context) == [FERRY[0]]
    execute(context, "DROP TRIGGER reject ON articles")
    fetch(context)
    assert feed_rows(context)["/faulty"].error is None
    assert len(titles(context)) == 2


def test_failure_that_cannot_be_recorded_does_not_stop_the_others(
    context: Context, feed_server: FeedServer
):
    execute(context, REJECT_FAILURES)
    paths = [f"/missing{number}" for number in range(3)]
    feed_server.routes["/fine"] = FINE
    add_feeds(context, feed_server, *paths, "/fine")
    counts = fetch(context)
    assert (counts["ok"], counts["failed"]) == (1, 3)
    assert titles(context) == [FERRY[0]]


def test_request_that_cannot_be_sent_is_an_error_of_its_feed(
    context: Context, feed_server: FeedServer
):
    feed_server.routes["/fine"] = FINE
    add_feeds(context, feed_server, "/faulty", "/fine")
    with context.sessions.begin() as session:
        # Written by an older version: the HTTP client rejects a line break in a header.
        session.execute(
            update(FeedRow).where(FeedRow.title == "/faulty").values(etag='"a"\r\nX: y')
        )
    assert fetch(context)["ok"] == 1
    assert feed_rows(context)["/faulty"].error_kind == "internal"


@dataclass(frozen=True)
class FaultyJob(Job[str]):
    outcome_type = str

    def run(self) -> str:
        raise ZeroDivisionError("two\nlines")


def test_unexpected_error_of_the_parser_becomes_the_outcome():
    outcome = run_job(FaultyJob(b"", "https://me:secret@outlet.example/feed"))
    assert isinstance(outcome, InternalFeedError)
    assert str(outcome).startswith(
        "https://outlet.example/feed: Unexpected error while the feed was parsed: "
        "ZeroDivisionError: two (test_feed_isolation.py, line "
    )


def test_articles_are_stored_before_slower_feeds_respond(context: Context, feed_server: FeedServer):
    seen_by_slow_feed: list[list[str]] = []

    def wait_for_article(request: Request, connection: object, stop: threading.Event) -> None:
        deadline = time.monotonic() + 20
        while not titles(context) and time.monotonic() < deadline:
            stop.wait(0.02)
        seen_by_slow_feed.append(titles(context))
        reply(rss([item("1", MEETING, NOW)]))(request, connection, stop)  # type: ignore[arg-type]  # a socket

    feed_server.routes |= {"/slow": wait_for_article, "/fine": FINE}
    add_feeds(context, feed_server, "/slow", "/fine")
    fetch(context)
    assert seen_by_slow_feed == [[FERRY[0]]]
    assert len(titles(context)) == 2


def test_more_feeds_than_fit_in_memory_are_all_stored(context: Context, feed_server: FeedServer):
    limits = replace(context.settings.fetch, concurrency=20)
    context = replace(context, settings=replace(context.settings, fetch=limits))
    paths = [f"/{number}" for number in range(150)]
    for path in paths:
        report = (f"Report number {path}", "Text.")
        feed_server.routes[path] = slow(0.01, reply(rss([item(path, report, NOW)])))
    add_feeds(context, feed_server, *paths)
    assert fetch(context)["ok"] == 150
    assert len(titles(context)) == 150


@pytest.mark.timeout(30)
def test_error_before_parsing_ends_the_run(context: Context, feed_server: FeedServer):
    """The run must not wait for the outcome of a job that was never started."""

    def make_job(_: FetchResult) -> AdmissionJob:
        raise RuntimeError("no more threads")

    feed_server.routes["/fine"] = FINE
    requests = [FetchRequest(1, feed_server.url("/fine"))]
    settings = context.settings
    reader = FeedReader(settings.fetch, settings.parse, make_job, lambda: False)
    with pytest.raises(ExceptionGroup) as caught:
        list(read_feeds(requests, reader))
    assert "no more threads" in str(caught.value.exceptions)
