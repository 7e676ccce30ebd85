"""The feeds that are shipped with samestory."""

from jobs.running.context import Context
from service.ingest.add_feed import add_feeds
from service.ingest.opml import read_opml
from service.settings.paths import CONFIG_DIR
from service.store.catalogue import feeds


def import_shipped(context: Context) -> None:
    """Import the shipped catalogue from `config/` if the database has no feeds."""
    with context.sessions.begin() as session:
        if not feeds.count_feeds(session):
            path = CONFIG_DIR / "feeds.opml"
            catalogue = read_opml(path.read_bytes(), name=str(path))
            add_feeds(session, catalogue.feeds, now=context.clock())
