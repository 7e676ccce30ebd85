"""Feeds of a loopback server in the database of a test, and what the job `fetch` stored."""

from sqlalchemy import select

from jobs.running.context import Context
from service.domain.catalogue.outlets import Outlet
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from service.store.tables import ArticleRow, FeedRow
from tests.support.servers.feed_server import FeedServer


def add_feeds(context: Context, server: FeedServer, *paths: str) -> None:
    """Add one feed per path, titled with its path and due now."""
    with context.sessions.begin() as session:
        feeds.save_outlets(session, [Outlet("daily", "Daily", sites=("daily.example",))])
        new_feeds = [NewFeed(server.url(path), "daily", path) for path in paths]
        feeds.add_feeds(session, new_feeds, now=context.clock())


def feed_rows(context: Context) -> dict[str, FeedRow]:
    """Return the feeds by title."""
    with context.sessions.begin() as session:
        return {feed.title: feed for feed, _ in feeds.list_feeds_with_outlets(session)}


def titles(context: Context) -> list[str]:
    """Return the titles of all articles, sorted."""
    with context.sessions.begin() as session:
        return sorted(session.scalars(select(ArticleRow.title)))
