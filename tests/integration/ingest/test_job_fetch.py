"""The job `fetch`: failures are isolated per feed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from jobs.fetch import fetch
from jobs.running.context import Context
from service.errors import AlreadyExistsError, NotFoundError
from service.store.catalogue import feed_history, feeds
from service.store.tables import ArticleRow, FetchRow
from tests.integration.conftest import NOW, Clock
from tests.support.content.feed_reports import FERRY, MEETING, item, rss
from tests.support.database.due_feeds import add_feeds, feed_rows, titles
from tests.support.servers.feed_server import (
    FeedServer,
    gzip_bomb,
    hang,
    redirect,
    reply,
    stream,
    unless_known,
)

ENTITY_BOMB = (
    b'<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><rss><channel>&b;</channel></rss>'
)


def two_hundred_megabytes():
    for _ in range(200):
        yield b"x" * (1 << 20)


def test_entries_of_due_feed_become_articles(context: Context, feed_server: FeedServer):
    feed_server.routes["/a"] = reply(rss([item("1", MEETING, NOW), item("2", FERRY, NOW)]))
    add_feeds(context, feed_server, "/a")
    assert fetch(context) == {"feeds": 1, "ok": 1, "articles": 2}
    assert titles(context) == sorted([MEETING[0], FERRY[0]])
    assert feed_rows(context)["/a"].next_fetch_at > NOW
    assert fetch(context) == {}  # nothing is due


def test_failing_feeds_do_not_stop_the_others(context: Context, feed_server: FeedServer):
    limits = replace(context.settings.fetch, timeout_seconds=6.0, max_body_bytes=1 << 22)
    context = replace(context, settings=replace(context.settings, fetch=limits))
    packed = {"Content-Encoding": "gzip"}
    feed_server.routes |= {
        "/good": reply(rss([item("1", MEETING, NOW)])),
        "/html": reply(b"<!doctype html><html><body>Not found, sorry</body></html>"),
        "/empty": reply(b""),
        "/huge": stream(two_hundred_megabytes),
        "/entities": reply(ENTITY_BOMB),
        "/packed": reply(gzip_bomb(64), **packed),
        "/loop": redirect("/loop"),
        "/broken": reply(b"oops", status="500 Internal Server Error"),
        "/hangs": hang(),
        "/private": redirect("http://169.254.169.254/latest/meta-data/"),
    }
    add_feeds(context, feed_server, *feed_server.routes)
    counts = fetch(context)
    assert (counts["feeds"], counts["articles"]) == (10, 1)
    kinds = {title: feed.error_kind for title, feed in feed_rows(context).items()}
    assert kinds.pop("/entities") in {"not_a_feed", None}
    assert kinds == {
        "/good": None,
        "/html": "not_a_feed",
        "/empty": "empty",
        "/huge": "too_large",
        "/packed": "decompression_bomb",
        "/loop": "redirect",
        "/broken": "bad_status",
        "/hangs": "timeout",
        "/private": "address_not_allowed",
    }


def test_failing_feed_backs_off_and_recovers(
    context: Context, feed_server: FeedServer, clock: Clock
):
    feed_server.routes["/a"] = reply(b"", status="503 Service Unavailable")
    add_feeds(context, feed_server, "/a")
    waits = []
    for failures in (1, 2, 3):
        fetch(context)
        feed = feed_rows(context)["/a"]
        assert feed.error_count == failures
        waits.append(feed.next_fetch_at - clock.now)
        clock.now = feed.next_fetch_at
    assert waits[0] < waits[1] < waits[2]
    feed_server.routes["/a"] = reply(rss([item("1", MEETING, NOW)]))
    fetch(context)
    healed = feed_rows(context)["/a"]
    assert (healed.error_count, healed.error, healed.error_kind) == (0, None, None)


def test_unchanged_feed_is_not_parsed(context: Context, feed_server: FeedServer, clock: Clock):
    feed_server.routes["/a"] = unless_known(ETag='"v1"')
    add_feeds(context, feed_server, "/a")
    fetch(context)
    clock.now = feed_rows(context)["/a"].next_fetch_at
    assert fetch(context)["not_modified"] == 1
    assert feed_server.requests_to("/a")[1].headers["if-none-match"] == '"v1"'


def test_validators_of_unreadable_body_are_not_stored(context: Context, feed_server: FeedServer):
    feed_server.routes["/a"] = reply(b"<html></html>", ETag='"bad"')
    add_feeds(context, feed_server, "/a")
    fetch(context)
    assert feed_rows(context)["/a"].etag is None


def test_gone_feed_is_retired(context: Context, feed_server: FeedServer):
    feed_server.routes["/gone"] = reply(b"", status="410 Gone")
    add_feeds(context, feed_server, "/gone")
    fetch(context)
    assert feed_rows(context)["/gone"].status == "retired"


def fetch_again_after(context: Context, clock: Clock, **span: float) -> None:
    clock.advance(**span)
    with context.sessions.begin() as session:
        feeds.make_all_due(session, now=clock.now)
    fetch(context)


def test_moved_feed_gets_its_new_url_after_a_day(
    context: Context, feed_server: FeedServer, clock: Clock
):
    feed_server.routes |= {
        "/old": redirect("/new", status="301 Moved Permanently"),
        "/new": reply(rss([item("1", MEETING, NOW)])),
    }
    add_feeds(context, feed_server, "/old")
    fetch(context)
    assert feed_rows(context)["/old"].url == feed_server.url("/old")
    assert titles(context) == [MEETING[0]]
    fetch_again_after(context, clock, hours=23)
    assert feed_rows(context)["/old"].url == feed_server.url("/old")
    fetch_again_after(context, clock, hours=1)
    assert feed_rows(context)["/old"].url == feed_server.url("/new")
    with context.sessions.begin() as session:
        [move] = feed_history.list_moves(session, feed_rows(context)["/old"].id)
    assert (move.at, move.old_url, move.new_url, move.retired, move.undone_at) == (
        clock.now,
        feed_server.url("/old"),
        feed_server.url("/new"),
        False,
        None,
    )


def test_redirect_that_ends_within_a_day_changes_nothing(
    context: Context, feed_server: FeedServer, clock: Clock
):
    feed = reply(rss([item("1", MEETING, NOW)]))
    moved = redirect("/parked", status="301 Moved Permanently")
    feed_server.routes |= {"/old": moved, "/parked": feed}
    add_feeds(context, feed_server, "/old")
    fetch(context)
    feed_server.routes["/old"] = feed
    fetch_again_after(context, clock, hours=12)
    assert feed_rows(context)["/old"].redirect_url is None
    feed_server.routes["/old"] = moved
    fetch_again_after(context, clock, hours=13)
    assert feed_rows(context)["/old"].url == feed_server.url("/old")


def test_redirect_survives_failures_in_between(
    context: Context, feed_server: FeedServer, clock: Clock
):
    moved = redirect("/new", status="301 Moved Permanently")
    feed_server.routes |= {"/old": moved, "/new": reply(rss([item("1", MEETING, NOW)]))}
    add_feeds(context, feed_server, "/old")
    fetch(context)
    feed_server.routes["/old"] = reply(b"", status="500 Internal Server Error")
    fetch_again_after(context, clock, hours=12)
    feed_server.routes["/old"] = moved
    fetch_again_after(context, clock, hours=12)
    assert feed_rows(context)["/old"].url == feed_server.url("/new")


def test_redirect_to_a_signed_url_is_followed_but_not_adopted(
    context: Context, feed_server: FeedServer, clock: Clock
):
    signed = "/new?X-Amz-Signature=aB%2F&Expires=60"
    feed_server.routes |= {
        "/old": redirect(signed, status="301 Moved Permanently"),
        signed: reply(rss([item("1", MEETING, NOW)])),
    }
    add_feeds(context, feed_server, "/old")
    for _ in range(3):
        fetch_again_after(context, clock, days=1)
    assert feed_rows(context)["/old"].url == feed_server.url("/old")
    assert titles(context) == [MEETING[0]]


def test_undone_move_is_not_repeated(context: Context, feed_server: FeedServer, clock: Clock):
    feed_server.routes |= {
        "/old": redirect("/new", status="301 Moved Permanently"),
        "/new": unless_known(ETag='"v1"'),
    }
    add_feeds(context, feed_server, "/old")
    fetch(context)
    fetch_again_after(context, clock, days=1)
    with context.sessions.begin() as session:
        feed_history.undo_move(session, feed_server.url("/new"), now=clock.now)
    restored = feed_rows(context)["/old"]
    assert (restored.url, restored.etag) == (feed_server.url("/old"), None)
    for _ in range(3):
        fetch_again_after(context, clock, days=1)
    assert feed_rows(context)["/old"].url == feed_server.url("/old")
    with context.sessions.begin() as session, pytest.raises(NotFoundError, match="No move"):
        feed_history.undo_move(session, feed_server.url("/new"), now=clock.now)


def test_move_is_not_undone_if_another_feed_has_the_old_url(
    context: Context, feed_server: FeedServer, clock: Clock
):
    feed_server.routes |= {
        "/old": redirect("/new", status="301 Moved Permanently"),
        "/new": reply(rss([item("1", MEETING, NOW)])),
    }
    add_feeds(context, feed_server, "/old")
    fetch(context)
    fetch_again_after(context, clock, days=1)
    add_feeds(context, feed_server, "/old")
    with (
        context.sessions.begin() as session,
        pytest.raises(AlreadyExistsError, match="has the URL"),
    ):
        feed_history.undo_move(session, feed_server.url("/new"), now=clock.now)


def test_feed_that_moved_to_an_existing_one_is_retired_and_undo_reactivates_it(
    context: Context, feed_server: FeedServer, clock: Clock
):
    feed_server.routes |= {
        "/old": redirect("/new", status="308 Permanent Redirect"),
        "/new": reply(rss([item("1", MEETING, NOW)])),
    }
    add_feeds(context, feed_server, "/old", "/new")
    fetch(context)
    fetch_again_after(context, clock, days=1)
    assert (feed_rows(context)["/old"].status, feed_rows(context)["/new"].status) == (
        "retired",
        "active",
    )
    assert len(titles(context)) == 1
    with context.sessions.begin() as session:
        feed_history.undo_move(session, feed_server.url("/old"), now=clock.now)
    assert (feed_rows(context)["/old"].status, feed_rows(context)["/old"].error) == ("active", None)


def test_each_fetch_is_recorded(context: Context, feed_server: FeedServer):
    undated = item("2", FERRY, NOW).replace("<pubDate>", "<x>").replace("</pubDate>", "</x>")
    feed_server.routes["/a"] = reply(rss([item("1", MEETING, NOW), undated, "<item></item>"]))
    add_feeds(context, feed_server, "/a")
    fetch(context)
    with context.sessions.begin() as session:
        [row] = session.scalars(select(FetchRow))
    assert (row.outcome, row.http_status, row.admitted, row.rejected) == ("ok", 200, 2, 1)
    assert any("no title and no text" in warning for warning in row.warnings)


def test_stopped_job_ends_at_once_and_unfetched_feeds_stay_due(
    context: Context, feed_server: FeedServer
):
    feed_server.routes |= {"/a": reply(rss([item("1", MEETING, NOW)])), "/b": hang()}
    add_feeds(context, feed_server, "/a", "/b")
    calls = iter([False] * 3)
    stopping_context = replace(context, stop_requested=lambda: next(calls, True))
    fetch(stopping_context)
    rows = feed_rows(context)
    assert rows["/a"].last_fetched_at == NOW
    assert rows["/b"].last_fetched_at is None
    assert rows["/b"].next_fetch_at == NOW


def test_days_and_ambiguous_dates_are_stored_with_their_precision(
    context: Context, feed_server: FeedServer
):
    day = NOW.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    raw = {
        "1": f"{day:%Y-%m-%d} 15:04",
        "2": "03/04/2019",
        "3": "",
        "4": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
    }
    links = {"3": "2019/05/12/"}
    items = [
        f"<item><guid>{key}</guid><title>Report {key} of the bridge</title>"
        f"<link>https://daily.example/{links.get(key, '')}{key}</link><pubDate>{date}</pubDate></item>"
        for key, date in raw.items()
    ]
    feed_server.routes["/a"] = reply(rss(items))
    add_feeds(context, feed_server, "/a")
    fetch(context)
    with context.sessions.begin() as session:
        rows = session.scalars(select(ArticleRow).order_by(ArticleRow.title)).all()
    assert [(each.date_flag, each.date_precision) for each in rows] == [
        ("ok", "day"),
        ("vague", "minute"),
        ("ok", "day"),
        ("ok", "minute"),
    ]
    assert [each.published for each in rows] == [day, None, datetime(2019, 5, 12, tzinfo=UTC), NOW]
    assert [each.reported_at for each in rows] == [
        day + timedelta(hours=24, seconds=-1),
        datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2019, 5, 12, 23, 59, 59, tzinfo=UTC),
        NOW,
    ]


@pytest.mark.parametrize("days", [-400, 400])
def test_implausible_dates_are_stored_and_flagged(
    context: Context, feed_server: FeedServer, days: int
):
    at = NOW + timedelta(days=days) if days > 0 else NOW.replace(year=1970)
    feed_server.routes["/a"] = reply(rss([item("1", MEETING, at)]))
    add_feeds(context, feed_server, "/a")
    fetch(context)
    with context.sessions.begin() as session:
        [row] = session.scalars(select(ArticleRow))
    assert (row.published, row.claimed_date, row.reported_at) == (None, at, NOW)
    assert row.date_flag == ("future" if days > 0 else "ancient")
