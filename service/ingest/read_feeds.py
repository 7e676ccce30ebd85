"""Feeds from request to drafts: fetched, parsed in worker processes, and returned as they finish.

fetch thread ─► parser processes ─► batches of finished feeds, for the caller to store
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from service.errors import FeedError
from service.ingest.admission_job import AdmissionJob, AdmittedFeed
from service.ingest.fetching.fetch import FetchRequest, FetchResult, fetch_until_stopped
from service.ingest.fetching.throttle import Backlog
from service.ingest.parsing.processes.pool import ParserPool
from service.settings.sections.ingest import FetchSettings, ParseSettings

#: Maximum bodies that wait to be parsed or stored; bounds the memory they need.
MAX_WAITING = 64
#: Seconds and number of feeds that a batch without entries waits for more feeds. A transaction for
#: many unchanged feeds takes hardly more time than for one, and nobody waits for them.
_HOLD_SECONDS = 0.5
_MAX_HELD = 500


@dataclass(frozen=True, slots=True)
class ReadFeed:
    """A fetched feed without its body, and its content, the error, or None if it is unchanged."""

    result: FetchResult
    outcome: AdmittedFeed | FeedError | None

    @property
    def entry_times(self) -> Sequence[datetime]:
        """Publication times of its entries; none if there is no content."""
        return self.outcome.entry_times if isinstance(self.outcome, AdmittedFeed) else ()


@dataclass(frozen=True, slots=True)
class FeedReader:
    """Settings and callbacks of `read_feeds`."""

    fetch: FetchSettings
    parse: ParseSettings
    make_job: Callable[[FetchResult], AdmissionJob]
    stop_requested: Callable[[], bool]


def read_feeds(requests: Sequence[FetchRequest], reader: FeedReader) -> Iterator[list[ReadFeed]]:
    """Fetch and parse feeds; yield those that have finished, without waiting for slower ones.

    Each feed is yielded once. Feeds without entries wait up to half a second for others, so that
    they are stored together. After a stop request, no further feeds are fetched; fetched feeds are
    still parsed and yielded. A failure of a feed is its outcome.

    Raises:
        RuntimeError: no parser process can be started.
    """
    backlog, closed = Backlog(MAX_WAITING), threading.Event()
    finished: queue.SimpleQueue[_Finished | None] = queue.SimpleQueue()

    def on_done(result: FetchResult) -> None:
        if result.body is None:
            finished.put(_Finished(result, None))
            return
        parsing = parsers.submit(reader.make_job(result))
        # Count the job after `submit`. If `submit` fails, no result follows, and the loop would
        # wait for it forever.
        backlog.added += 1
        rest = replace(result, body=None)
        parsing.add_done_callback(lambda done: finished.put(_Finished(rest, done)))

    async def fetch() -> None:
        await fetch_until_stopped(
            requests,
            reader.fetch,
            on_done,
            backlog=backlog,
            stop_requested=lambda: closed.is_set() or reader.stop_requested(),
        )

    with (
        ThreadPoolExecutor(1, "fetch") as thread,
        ParserPool(reader.parse, loads_languages=True) as parsers,
    ):
        fetching = thread.submit(asyncio.run, fetch())
        fetching.add_done_callback(lambda _: finished.put(None))
        try:
            # All results of an ended fetch are in the queue, or counted and still being parsed.
            while not fetching.done() or backlog.removed < backlog.added or not finished.empty():
                if batch := _take_batch(finished):
                    yield [each.to_feed() for each in batch]
                    backlog.removed += sum(each.parsing is not None for each in batch)
        finally:
            closed.set()
        fetching.result()


@dataclass(frozen=True, slots=True)
class _Finished:
    """A fetched feed and its parsing, if it has a body."""

    result: FetchResult
    parsing: Future[AdmittedFeed | FeedError] | None

    def to_feed(self) -> ReadFeed:
        return ReadFeed(self.result, self.parsing.result() if self.parsing else self.result.error)


def _take_batch(finished: queue.SimpleQueue[_Finished | None]) -> list[_Finished]:
    """Wait for an item and return all that are in the queue.

    The item None ends the wait and is not returned. Items without entries wait for more items, up
    to the limits.
    """
    items = [finished.get()]
    end = time.monotonic() + _HOLD_SECONDS
    with suppress(queue.Empty):
        while (last := items[-1]) and not last.parsing and len(items) < _MAX_HELD:
            items.append(finished.get(timeout=max(end - time.monotonic(), 0)))
        while True:
            items.append(finished.get_nowait())
    return [item for item in items if item is not None]
