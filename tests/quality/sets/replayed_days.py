"""Recorded days of feeds, run through the service's own jobs with a clock that skips from hour to hour."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs.describe import describe
from jobs.digest import MAX_LOOKBACK
from jobs.embed import embed
from jobs.link import link
from jobs.place import place
from jobs.reconcile import reconcile
from jobs.running.context import Context
from service.commands.running.models import load_pair_model
from service.domain.articles.entries import Entry, FeedContext
from service.domain.catalogue.outlets import Outlet
from service.domain.subscribers.digest_model import Story
from service.embed.loader import load_encoder
from service.ingest.admit import admit_feed
from service.settings import load as settings_module
from service.store.articles import articles
from service.store.articles.articles import Source
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from service.store.database.sessions import make_sessions
from service.store.subscribers.digest_stories import digest_stories
from service.store.tables import FeedRow

Line = Mapping[str, Any]


@dataclass(slots=True)
class Clock:
    """A clock that the replay moves."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def throwaway_world(clock: Clock) -> Iterator[Context]:
    """A new database on an embedded server of its own, with the shipped model and settings."""
    settings = settings_module.load({})
    with tempfile.TemporaryDirectory(prefix="samestory-replay-") as folder:
        Path(folder).chmod(0o755)  # the server may run as another user
        server = EmbeddedServer.start(folder, throwaway=True)
        try:
            engine = schema.make_engine(server.ensure_database("replay"))
            schema.upgrade(engine)
            encoder = load_encoder(settings.embed)
            model = load_pair_model(settings.pairs).with_window(settings.window.reach)
            yield Context(engine, make_sessions(engine), settings, clock, lambda: encoder, model)
            engine.dispose()
        finally:
            server.stop()


def replayed(
    context: Context, clock: Clock, lines: Sequence[Line], *, every: timedelta
) -> Iterator[tuple[datetime, list[Story]]]:
    """The stories as the digest would read them after each step of the clock.

    Lines have `first_seen` and are in its order. Each step admits what was seen until then and
    runs all jobs once.
    """
    sources = _sources(context, sorted({line["outlet"] for line in lines}))
    place_in = 0
    last = seen(lines[-1])
    while clock.now < last:
        clock.now += every
        arrived = [line for line in lines[place_in:] if seen(line) <= clock.now]
        place_in += len(arrived)
        _admit(context, sources, arrived)
        for job in (embed, place, reconcile, describe, link, describe):
            job(context)
        with context.sessions.begin() as session:
            since, limit = clock.now - MAX_LOOKBACK, context.settings.editions.max_stories
            found = digest_stories(session, since=since, limit=limit)
        yield clock.now, found


def seen(line: Line) -> datetime:
    """When an article was first seen."""
    return datetime.fromisoformat(line["first_seen"])


def _sources(context: Context, outlets: Sequence[str]) -> dict[str, Source]:
    with context.sessions.begin() as session:
        feeds.save_outlets(session, [Outlet(slug, slug.title()) for slug in outlets])
        new_feeds = [NewFeed(f"https://{slug}.invalid/feed", slug, slug) for slug in outlets]
        feeds.add_feeds(session, new_feeds, now=context.clock())
        return _found_sources(session, outlets)


def _found_sources(session: Session, outlets: Sequence[str]) -> dict[str, Source]:
    ids, sites = feeds.load_outlet_ids(session), feeds.load_site_index(session)
    feed_of = {
        outlet: feed for feed, outlet in session.execute(select(FeedRow.id, FeedRow.outlet_id))
    }
    return {slug: Source(feed_of[ids[slug]], ids[slug], ids, sites) for slug in outlets}


def _admit(context: Context, sources: Mapping[str, Source], arrived: Sequence[Line]) -> None:
    now, settings = context.clock(), context.settings.admit
    for slug in sorted({line["outlet"] for line in arrived}):
        entries = [_entry(line) for line in arrived if line["outlet"] == slug]
        drafts, _ = admit_feed(
            entries, FeedContext(f"https://{slug}.invalid/feed"), now=now, settings=settings
        )
        with context.sessions.begin() as session:
            articles.admit(session, drafts, sources[slug], now=now)


def _entry(line: Line) -> Entry:
    published = line["published"]
    return Entry(
        guid=line["id"],
        link=line["url"],
        title=line["title"],
        summary=line["text"],
        content="",
        author="",
        published_raw=published or "",
        published=datetime.fromisoformat(published) if published else None,
        updated=None,
        language=line["lang"],
        categories=(),
    )
