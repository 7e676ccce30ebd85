"""Greeting of the first `samestory up` on a terminal: next steps, and locations of the parts."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select

from jobs.running.context import Context
from service.store.database.data.location import data_folder
from service.store.tables import FeedRow

_TEXT = """
This is the first start of samestory.

  pages      {url} (the API is described at {url}docs)
  database   {database}
  feeds      {feeds} feeds were added; `samestory feeds list` shows them
  settings   {settings}; `samestory config show` shows all of them
  log        the lines below, on standard error

The feeds are read now, at most {concurrency} at a time. The first stories appear within minutes. Until all
articles have vectors, the grouping still improves: one core encodes about 39 articles per second.
`samestory jobs status` shows the progress, `samestory doctor` checks the installation.
Ctrl-C stops samestory; the next start continues.
"""


@contextmanager
def greet_first_start(context: Context, url: str) -> Iterator[None]:
    """Print the greeting if standard output is a terminal and no feed was ever fetched."""
    if sys.stdout.isatty() and _is_first_start(context):
        print(greeting(context, url), flush=True)
    yield


def _is_first_start(context: Context) -> bool:
    with context.sessions() as session:
        fetched = FeedRow.last_fetched_at.is_not(None)
        return not session.scalar(select(func.count(FeedRow.id)).where(fetched))


def greeting(context: Context, url: str) -> str:
    """Return the text for the first start; `url` is the base URL of the pages."""
    settings = context.settings
    database = context.engine.url.difference_update_query(["host", "port"])
    with context.sessions() as session:
        feeds = session.scalar(select(func.count(FeedRow.id)))
    return _TEXT.format(
        url=url,
        database=database.set(drivername="postgresql").render_as_string()
        if settings.database.url
        else f"the embedded Postgres in {data_folder(settings.database.data_dir)}",
        feeds=feeds,
        settings=os.environ.get("SAMESTORY_CONFIG", "the default settings"),
        concurrency=settings.fetch.concurrency,
    )
