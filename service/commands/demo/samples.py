"""The demo's feeds: a folder, served over loopback and read like any feeds."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy.orm import Session

from jobs.running.context import Context
from jobs.running.runner import run_job
from jobs.running.schedule import build_schedule
from service.commands.demo.server import HOST, feed_paths, serving_folder
from service.commands.running.times import parse_time
from service.domain.catalogue.outlets import Outlet
from service.errors import BadInputError
from service.ingest.catalogue_files import index_sites, read_feeds, read_outlets
from service.settings.load import Settings
from service.settings.paths import CONFIG_DIR
from service.store.articles import articles
from service.store.catalogue import feeds, outlets
from service.store.catalogue.feeds import NewFeed
from service.store.story_views import overview

LOOPBACK = "127.0.0.0/8"
#: The project's samples were "today's news" at this moment, hours after their last report.
SEEDS_NOW = datetime(2023, 5, 12, 18, tzinfo=UTC)
#: How the URLs of a demo's feeds begin; the port changes from run to run.
ORIGIN = f"http://{HOST}:"
#: The jobs that bring entries to stories, in the order in which an article meets them.
PIPELINE = ("fetch", "embed", "place", "reconcile", "describe", "link", "close")


@dataclass(frozen=True, slots=True)
class Sample:
    """A folder of feed files, and the moment at which to read them."""

    folder: Path
    database: str  #: name of the demo's own database on the embedded server
    now: datetime

    @classmethod
    def of(cls, folder: Path, *, now: str | None, own: bool) -> "Sample":
        """A sample from the command's arguments; `own` marks the project's samples.

        Raises:
            BadInputError: the folder is none, or the moment is no date.
        """
        folder = folder.resolve()
        if not folder.is_dir():
            raise BadInputError(f"{folder} is no folder; --feeds takes a folder of feed files")
        name = "" if own else f"_{hashlib.blake2b(bytes(folder), digest_size=5).hexdigest()}"
        usual = SEEDS_NOW if own else datetime.now(UTC)
        return cls(folder, f"samestory_demo{name}", parse_time(now) if now else usual)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a demo's database holds."""

    feeds: int
    articles: int
    stories: int


def for_loopback(settings: Settings) -> Settings:
    """The settings with loopback allowed, no politeness towards oneself, and quiet logs."""
    fetch = replace(
        settings.fetch,
        allow_networks=(*settings.fetch.allow_networks, LOOPBACK),
        per_host=settings.fetch.concurrency,
        host_delay_seconds=0,
    )
    return replace(settings, fetch=fetch, log=replace(settings.log, level="error", format="text"))


def prepare(context: Context) -> Contents:
    """What is there already.

    Raises:
        BadInputError: the database holds real feeds, with which a demo must not mix.
    """
    with context.sessions.begin() as session:
        if real := feeds.count_feeds(session, outside=ORIGIN):
            raise BadInputError(
                f"the database holds {real} real feeds; a demo would mix made-up articles with "
                "them. Unset DATABASE_URL, or name an empty database"
            )
        return Contents(
            feeds.count_feeds(session), articles.count(session), overview.count_stories(session)
        )


def run_pipeline(context: Context, sample: Sample, names: Sequence[str] = PIPELINE) -> None:
    """Serve the folder and run each of these jobs once, through the same code as the daemon."""
    jobs = {job.name: job for job in build_schedule(context.settings.schedule)}
    with serving_folder(sample.folder) as base_url:
        with context.sessions.begin() as session:
            _add_feeds(session, sample, base_url)
        for name in names:
            context.progress(name, 0, 1)
            run_job(jobs[name], context)
            context.progress(name, 1, 1)


def _add_feeds(session: Session, sample: Sample, base_url: str) -> None:
    """Add the folder's feeds, or move known ones to this run's port; all are due now."""
    shipped = read_outlets(CONFIG_DIR / "outlets.toml")
    own_file = sample.folder / "outlets.toml"
    files = [read_outlets(own_file)] if own_file.exists() else [shipped]
    for file in files:
        outlets.configure(session, file.outlets, families=file.families, now=sample.now)
    feeds.move_feeds(session, rf"^{re.escape(ORIGIN)}\d+/", base_url)
    opml = sample.folder / "feeds.opml"
    if opml.exists():
        new_feeds, made = read_feeds(opml, index_sites(files), base_url=base_url)
    else:
        new_feeds, made = _feeds_of_files(sample.folder, base_url)
    outlets.configure(session, made, now=sample.now)
    feeds.add_feeds(session, new_feeds, now=sample.now)
    feeds.make_due(session, now=sample.now)


def _feeds_of_files(folder: Path, base_url: str) -> tuple[list[NewFeed], list[Outlet]]:
    """A feed for each file. Its articles tell their outlets; the file's name is the last resort."""
    feeds, made = [], []
    for path in feed_paths(folder):
        name = unquote(path)
        slug = f"file:{name}"
        made.append(Outlet(slug=slug, name=name, family=slug))
        feeds.append(NewFeed(base_url + path, slug, name))
    return feeds, made
