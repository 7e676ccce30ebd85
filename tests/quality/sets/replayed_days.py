"""Replay of recorded days of feeds through the service's own jobs, with a simulated clock."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from jobs.describe import describe
from jobs.embed import embed
from jobs.link import link
from jobs.place import place
from jobs.reconcile import reconcile
from jobs.running.context import Context
from jobs.sending.digest import load_stories
from service.commands.running.models import load_merge_model, load_pair_model
from service.domain.articles.entries import Entry, FeedContext
from service.domain.catalogue.outlets import Outlet
from service.domain.subscribers.digests.stories import DigestStory
from service.embed.loader import load_encoder
from service.ingest.admit import admit_feed
from service.settings import load as settings_module
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from service.store.database.sessions import make_sessions
from service.store.identity import admission
from service.store.identity.admission import Source
from service.store.tables import FeedRow

Line = Mapping[str, Any]


@dataclass(slots=True)
class SimulatedClock:
    """Simulated clock."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def temporary_context(clock: SimulatedClock) -> Iterator[Context]:
    """Job context with a new database on its own embedded server, default model and settings."""
    settings = settings_module.load({})
    with tempfile.TemporaryDirectory(prefix="samestory-replay-") as folder:
        Path(folder).chmod(0o755)  # the server may run as another user
        server = EmbeddedServer.start(folder, throwaway=True)
        try:
            engine = schema.make_engine(server.ensure_database("replay"))
            schema.upgrade(engine)
            encoder = load_encoder(settings.embed)
            model = load_pair_model(settings.pairs).with_window(settings.window.reach)
            yield Context(
                engine,
                make_sessions(engine),
                settings,
                clock,
                lambda: encoder,
                model,
                load_merge_model(settings.merges),
            )
            engine.dispose()
        finally:
            server.stop()


def replay_days(
    context: Context, clock: SimulatedClock, lines: Sequence[Line], *, step: timedelta
) -> Iterator[tuple[datetime, list[DigestStory]]]:
    """Yield the time and the stories available to the digest after each step of the clock.

    `lines` must be sorted by `first_seen`. Each step admits the articles seen until then and runs
    all jobs once.
    """
    sources = _add_feeds(context, sorted({line["outlet"] for line in lines}))
    position = 0
    last = first_seen(lines[-1])
    while clock.now < last:
        clock.now += step
        arrived = [line for line in lines[position:] if first_seen(line) <= clock.now]
        position += len(arrived)
        _admit(context, sources, arrived)
        for job in (embed, place, reconcile, describe, link, describe):
            job(context)
        with context.sessions.begin() as session:
            stories = load_stories(session, context)
        yield clock.now, stories


def first_seen(line: Line) -> datetime:
    """The time at which an article was first seen."""
    return datetime.fromisoformat(line["first_seen"])


def _add_feeds(context: Context, outlets: Sequence[str]) -> dict[str, Source]:
    """Add an outlet and a feed for each slug; returns the sources for admission."""
    with context.sessions.begin() as session:
        feeds.save_outlets(session, [Outlet(slug, slug.title()) for slug in outlets])
        new_feeds = [NewFeed(f"https://{slug}.invalid/feed", slug, slug) for slug in outlets]
        feeds.add_feeds(session, new_feeds, now=context.clock())
        ids, sites = feeds.load_outlet_ids(session), feeds.load_site_index(session)
        rows = session.execute(select(FeedRow.id, FeedRow.outlet_id))
        feed_of = {outlet: feed for feed, outlet in rows}
        return {slug: Source(feed_of[ids[slug]], ids[slug], ids, sites) for slug in outlets}


def _admit(context: Context, sources: Mapping[str, Source], arrived: Sequence[Line]) -> None:
    now, settings = context.clock(), context.settings.admit
    for slug in sorted({line["outlet"] for line in arrived}):
        entries = [_entry(line) for line in arrived if line["outlet"] == slug]
        drafts, _ = admit_feed(
            entries, FeedContext(f"https://{slug}.invalid/feed"), now=now, settings=settings
        )
        with context.sessions.begin() as session:
            admission.admit(
                session,
                drafts,
                sources[slug],
                now=now,
                future_tolerance=settings.future_tolerance,
            )


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
