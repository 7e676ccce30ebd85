"""The job `fetch`: feeds without entries share transactions, and do not wait for slow feeds."""

import threading
import time

from sqlalchemy import event, func, select, update

from jobs.fetch import fetch
from jobs.running.context import Context
from service.store.tables import FeedRow, FetchRow
from tests.support.database.due_feeds import add_feeds, feed_rows
from tests.support.servers.feed_server import FeedServer, Request, reply, slow, unless_known

UNCHANGED = unless_known(ETag='"v1"')


def add_known_feeds(context: Context, server: FeedServer, *paths: str) -> None:
    add_feeds(context, server, *paths)
    with context.sessions.begin() as session:
        session.execute(update(FeedRow).values(etag='"v1"'))


def count_fetches(context: Context) -> int:
    with context.sessions.begin() as session:
        return session.scalar(select(func.count()).select_from(FetchRow)) or 0


def test_unchanged_feeds_share_transactions(context: Context, feed_server: FeedServer):
    paths = [f"/{number}" for number in range(60)]
    feed_server.routes |= dict.fromkeys(paths, slow(0.02, UNCHANGED))
    add_known_feeds(context, feed_server, *paths)
    commits: list[object] = []
    event.listen(context.engine, "commit", commits.append)
    started = time.monotonic()
    assert fetch(context)["not_modified"] == 60
    # One to read the feeds, one for each half second, and the last one.
    assert len(commits) <= 2 + (time.monotonic() - started) / 0.5
    assert {feed.last_success_at for feed in feed_rows(context).values()} == {context.clock()}


def test_unchanged_feed_is_stored_before_slower_feeds_respond(
    context: Context, feed_server: FeedServer
):
    seen_by_slow_feed: list[int] = []

    def wait_for_fetch(request: Request, connection: object, stop: threading.Event) -> None:
        deadline = time.monotonic() + 20
        while not count_fetches(context) and time.monotonic() < deadline:
            stop.wait(0.02)
        seen_by_slow_feed.append(count_fetches(context))
        reply(b"", "304 Not Modified")(request, connection, stop)  # type: ignore[arg-type]  # a socket

    feed_server.routes |= {"/slow": wait_for_fetch, "/unchanged": UNCHANGED}
    add_known_feeds(context, feed_server, "/slow", "/unchanged")
    assert fetch(context)["not_modified"] == 2
    assert seen_by_slow_feed == [1]
