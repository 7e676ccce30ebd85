"""Overrides of one feed: charset, address, user agent, interval."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs.fetch import fetch
from jobs.running.context import Context
from service.domain.catalogue.outlets import Outlet
from service.errors import BadInputError, NotFoundError
from service.ingest.feed_overrides import change_overrides
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from service.store.tables import ArticleRow, FeedRow
from tests.integration.conftest import NOW, Clock
from tests.support.servers.feed_server import FeedServer, redirect, reply, unless_known

FEED = (
    '<?xml version="1.0" encoding="windows-1251"?><rss version="2.0"><channel><title>x</title>'
    "<item><title>{title}</title><link>{link}</link></item></channel></rss>"
)


@pytest.fixture
def feed_id(context: Context, feed_server: FeedServer) -> int:
    feed_server.routes["/feed"] = reply(FEED.format(title="One", link="/1").encode())
    with context.sessions.begin() as session:
        feeds.save_outlets(session, [Outlet("daily", "Daily", sites=("127.0.0.1",))])
        feeds.add_feeds(session, [NewFeed(feed_server.url("/feed"), "daily", "x")], now=NOW)
        return session.scalars(select(FeedRow.id)).one()


def override(context: Context, feed_id: int, **changes: str | float | None) -> None:
    with context.sessions.begin() as session:
        change_overrides(session, feed_id, changes, now=context.clock())


def row(context: Context, feed_id: int) -> FeedRow:
    with context.sessions.begin() as session:
        return feeds.get_feed(session, feed_id)


def article(context: Context) -> ArticleRow:
    with context.sessions.begin() as session:
        return session.scalars(select(ArticleRow)).one()


def test_charset_replaces_the_declared_one(
    context: Context, feed_server: FeedServer, feed_id: int
) -> None:
    title = "Мост"
    feed_server.routes["/feed"] = reply(FEED.format(title=title, link="/1").encode("koi8-r"))
    override(context, feed_id, charset="KOI8-R")

    fetch(context)

    assert article(context).title == title


def test_fetch_url_replaces_the_address_and_keeps_the_url(
    context: Context, feed_server: FeedServer, feed_id: int
) -> None:
    feed_server.routes["/mirror/copy"] = redirect("/moved", "301 Moved Permanently")
    feed_server.routes["/moved"] = reply(FEED.format(title="One", link="1").encode())
    override(context, feed_id, fetch_url=feed_server.url("/mirror/copy"))

    fetch(context)

    assert not feed_server.requests_to("/feed")
    assert row(context, feed_id).url == feed_server.url("/feed")
    assert article(context).url == feed_server.url("/1")


def test_user_agent_replaces_that_of_the_settings(
    context: Context, feed_server: FeedServer, feed_id: int
) -> None:
    override(context, feed_id, user_agent="Reader/1.0 (+https://desk.example)")

    fetch(context)

    [request] = feed_server.requests_to("/feed")
    assert request.headers["user-agent"] == "Reader/1.0 (+https://desk.example)"


def test_interval_replaces_that_of_the_schedule(context: Context, feed_id: int) -> None:
    override(context, feed_id, interval_minutes=3)

    fetch(context)

    wait = row(context, feed_id).next_fetch_at - NOW
    assert timedelta(minutes=3) <= wait <= timedelta(minutes=3.6)


def test_change_fetches_the_document_again(
    context: Context, feed_server: FeedServer, feed_id: int, clock: Clock
) -> None:
    feed_server.routes["/feed"] = unless_known(etag='"1"')
    fetch(context)
    clock.advance(minutes=1)
    assert fetch(context) == {}

    override(context, feed_id, charset="utf-8")

    assert fetch(context)["ok"] == 1


def test_empty_values_restore_the_defaults(context: Context, feed_id: int) -> None:
    override(context, feed_id, charset="koi8-r", interval_minutes=3, user_agent="x")
    override(context, feed_id, charset="", interval_minutes=0)

    stored = row(context, feed_id)

    assert (stored.charset, stored.interval_minutes, stored.user_agent) == (None, None, "x")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("charset", "no-such", "Unknown charset 'no-such'"),
        ("fetch_url", "ftp://x/y", "Invalid URL 'ftp://x/y'"),
        ("fetch_url", "https://x.example/" + "a" * 3000, "at most 2000"),
        ("user_agent", "a\r\nX-Other: b", "Invalid user agent"),
        ("user_agent", "é", "Invalid user agent"),
        ("interval_minutes", 0.5, "Invalid interval 0.5"),
        ("interval_minutes", -1, "Invalid interval -1"),
        ("interval_minutes", float("nan"), "Invalid interval nan"),
    ],
)
def test_invalid_value_is_rejected(
    context: Context, feed_id: int, name: str, value: str | float, reason: str
) -> None:
    with pytest.raises(BadInputError, match=reason):
        override(context, feed_id, **{name: value})


def test_unknown_feed_is_reported(context: Context) -> None:
    with pytest.raises(NotFoundError):
        override(context, 99, charset="utf-8")
