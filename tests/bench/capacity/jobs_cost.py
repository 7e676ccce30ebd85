"""Cost of each job per article, measured on an embedded Postgres with synthetic feeds."""

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, text

from jobs.describe import describe
from jobs.embed import embed
from jobs.fetch import fetch
from jobs.link import link
from jobs.place import place
from jobs.reconcile import reconcile
from jobs.running.context import Context, Counts
from service.commands.running.models import lazy_encoder, load_merge_model, load_pair_model
from service.domain.articles.entries import FeedContext
from service.domain.catalogue.outlets import Outlet
from service.ingest.admit import admit_feed
from service.ingest.detect_language import resolve_language
from service.ingest.parsing.parse import parse_feed
from service.settings import load as settings_module
from service.settings.samples import for_samples
from service.store.articles import articles, vectors
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from service.store.database.sessions import make_sessions
from tests.bench.capacity.feed_files import write_feeds
from tests.bench.capacity.usage import Usage, peak_memory
from tests.bench.feeds import feed_host

NOW = datetime(2023, 5, 12, tzinfo=UTC)
JOBS: Mapping[str, Callable[[Context], Counts]] = {
    "fetch": fetch,
    "embed": embed,
    "place": place,
    "reconcile": reconcile,
    "describe": describe,
    "link": link,
}
CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class JobCosts:
    """Costs per article: of each job, of loading a window, of parsing, and bytes on disk.

    parse and detect_language are parts of the job `fetch`, in CPU seconds. `load` reads articles
    and vectors, as reconcile does for its window. `memory` is the peak of the process in bytes.
    """

    jobs: Mapping[str, Usage]
    load: Usage
    parse: float
    detect_language: float
    bytes_on_disk: float
    memory: int


def measure_jobs(server: EmbeddedServer, *, with_text: bool) -> JobCosts:
    """Run each job once on the synthetic feeds in a new database."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_feeds(folder, NOW, with_text=with_text)
        parsing, detecting = _measure_parsing(folder)
        engine = schema.make_engine(server.ensure_database(f"capacity_{with_text:d}"))
        schema.upgrade(engine)
        context = _context(engine)
        context.encoder()  # loading the model is no cost per article
        size = _database_size(context)
        used = {}
        with feed_host(folder) as base_url:
            _add_feeds(context, [base_url + path.name for path in sorted(folder.iterdir())])
            for job, run in JOBS.items():
                before = Usage.read(engine, server.folder)
                run(context)
                used[job] = Usage.read(engine, server.folder) - before
        before = Usage.read(engine, server.folder)
        count = _load_window(context)
        loading = Usage.read(engine, server.folder) - before
        size = _database_size(context) - size
        engine.dispose()
    return JobCosts(
        jobs={job: each / count for job, each in used.items()},
        load=loading / count,
        parse=parsing,
        detect_language=detecting,
        bytes_on_disk=size / count,
        memory=peak_memory(),
    )


def _load_window(context: Context) -> int:
    """Load all articles and vectors; returns the number of articles."""
    encoder = context.encoder()
    with context.sessions.begin() as session:
        ids = list(session.scalars(text("SELECT id FROM articles ORDER BY id")))
        model_id = vectors.ensure_model(session, encoder.model, encoder.dimensions)
        articles.load(session, ids)
        vectors.load(session, model_id, encoder.model, ids)
    return len(ids)


def _measure_parsing(folder: Path) -> tuple[float, float]:
    """Return CPU seconds per entry of parsing with admission, and of language detection."""
    bodies = [path.read_bytes() for path in sorted(folder.iterdir())]
    settings = settings_module.load({}).admit
    resolve_language("", "a first call loads the model")
    started = time.process_time()
    drafts = [
        draft
        for body in bodies
        for draft in admit_feed(
            parse_feed(body, url="https://sample.example/").entries,
            FeedContext("https://sample.example/"),
            now=NOW,
            settings=settings,
        )[0]
    ]
    total = time.process_time() - started
    started = time.process_time()
    for draft in drafts:
        resolve_language("", draft.title, draft.text)
    detecting = time.process_time() - started
    return (total - detecting) / len(drafts), detecting / len(drafts)


def _context(engine: Engine) -> Context:
    settings = for_samples(settings_module.load({}))
    fetching = replace(settings.fetch, concurrency=CONNECTIONS, per_host=CONNECTIONS)
    settings = replace(settings, fetch=replace(fetching, host_delay_seconds=0.001))
    return Context(
        engine=engine,
        sessions=make_sessions(engine),
        settings=settings,
        clock=lambda: NOW,
        encoder=lazy_encoder(settings.embed),
        pair_model=load_pair_model(),
        merge_model=load_merge_model(),
    )


def _add_feeds(context: Context, urls: list[str]) -> None:
    with context.sessions.begin() as session:
        outlets = [Outlet(f"outlet{number}", f"Outlet {number}") for number in range(len(urls))]
        feeds.save_outlets(session, outlets)
        new = [NewFeed(url, outlet.slug, url) for url, outlet in zip(urls, outlets, strict=True)]
        feeds.add_feeds(session, new, now=NOW)


def _database_size(context: Context) -> int:
    with context.sessions() as session:
        return session.scalar(text("SELECT pg_database_size(current_database())")) or 0
