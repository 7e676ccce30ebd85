"""Sample feeds of the demo: a folder, served over loopback and fetched like other feeds."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy.orm import Session

from jobs.running.context import Context
from jobs.running.runner import run_job
from jobs.running.schedule import build_schedule
from service.commands.demo.server import HOST, feed_paths, serve_folder
from service.commands.running.times import parse_time
from service.domain.catalogue.outlets import Outlet
from service.errors import BadInputError, FeedError
from service.ingest.catalogue_files import index_sites, read_feeds, read_outlets
from service.ingest.parsing.parse import parse_feed
from service.settings.paths import CONFIG_DIR
from service.settings.sections.daemon import DEMO_DATABASE
from service.settings.sources import DEFAULT_PROFILE
from service.store.articles import articles
from service.store.catalogue import feeds, outlets
from service.store.catalogue.feeds import NewFeed
from service.store.story_views import overview

#: Clock of the demo with the shipped samples: a few hours after their last report.
SEEDS_NOW = datetime(2023, 5, 12, 18, tzinfo=UTC)
#: URL prefix of the demo's feeds; the port differs between runs.
ORIGIN = f"http://{HOST}:"
#: Jobs from feeds to stories, in the order of the pipeline.
PIPELINE = ("fetch", "embed", "place", "reconcile", "describe", "link", "close")


@dataclass(frozen=True, slots=True)
class Sample:
    """A folder of feed files, and the time of the demo's clock."""

    folder: Path
    database: str  #: the demo's database on the embedded server
    now: datetime

    @classmethod
    def from_folder(
        cls, folder: Path, *, now: str | None, shipped: bool, profile: str = DEFAULT_PROFILE
    ) -> "Sample":
        """Build a sample from the command's arguments; `shipped` for the project's samples.

        Each profile has its own database, because the articles of another one keep their stories.

        Raises:
            BadInputError: the folder does not exist, or `now` is not a timestamp.
        """
        folder = folder.resolve()
        if not folder.is_dir():
            raise BadInputError(f"{folder} is not a folder; --feeds expects a folder of feed files")
        name = "" if shipped else f"_{hashlib.blake2b(bytes(folder), digest_size=5).hexdigest()}"
        default = SEEDS_NOW if shipped else datetime.now(UTC)
        return cls(folder, f"{DEMO_DATABASE}_{profile}{name}", parse_time(now) if now else default)


@dataclass(frozen=True, slots=True)
class Contents:
    """Numbers of feeds, articles and stories in the demo's database."""

    feeds: int
    articles: int
    stories: int


def check_contents(context: Context) -> Contents:
    """Count the present contents of the database.

    Raises:
        BadInputError: the database contains real feeds, which the demo must not mix with samples.
    """
    with context.sessions.begin() as session:
        if real := feeds.count_feeds(session, excluded_prefix=ORIGIN):
            raise BadInputError(
                f"The database contains {real} real feeds, and the demo would add sample articles "
                "to them. Unset DATABASE_URL, or set it to an empty database"
            )
        return Contents(
            feeds.count_feeds(session), articles.count(session), overview.count_stories(session)
        )


def run_pipeline(context: Context, sample: Sample, names: Sequence[str] = PIPELINE) -> None:
    """Serve the sample folder and run each job once, with the code of the daemon."""
    jobs = {job.name: job for job in build_schedule(context.settings)}
    with serve_folder(sample.folder) as base_url:
        with context.sessions.begin() as session:
            _add_feeds(session, sample, base_url)
        for name in names:
            context.progress(name, 0, 1)
            run_job(jobs[name], context)
            context.progress(name, 1, 1)


def _add_feeds(session: Session, sample: Sample, base_url: str) -> None:
    """Add the folder's feeds, or move existing ones to the port of this run; all become due."""
    folder = sample.folder
    own_file = folder / "outlets.toml"
    file = read_outlets(own_file if own_file.exists() else CONFIG_DIR / "outlets.toml")
    outlets.save_configured(session, file.outlets, families=file.families, now=sample.now)
    feeds.move_feeds(session, rf"^{re.escape(ORIGIN)}\d+/", base_url)
    opml = folder / "feeds.opml"
    if opml.exists():
        new_feeds, new_outlets = read_feeds(opml, index_sites([file]), base_url=base_url)
    else:
        # One feed per file. The articles identify their outlets; the feed is the fallback.
        titles = {path: _read_title(folder / unquote(path)) for path in feed_paths(folder)}
        new_outlets = [
            Outlet(slug=f"file:{unquote(path)}", name=title, family=f"file:{unquote(path)}")
            for path, title in titles.items()
        ]
        new_feeds = [
            NewFeed(base_url + path, f"file:{unquote(path)}", title)
            for path, title in titles.items()
        ]
    outlets.save_configured(session, new_outlets, now=sample.now)
    feeds.add_feeds(session, new_feeds, now=sample.now)
    feeds.make_all_due(session, now=sample.now)


def _read_title(file: Path) -> str:
    """Title of a feed file; its name without the suffix if it has no title or is not a feed."""
    try:
        title = parse_feed(file.read_bytes(), url=file.as_uri()).title.strip()
    except FeedError:
        title = ""
    return title or file.stem
