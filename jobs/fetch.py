"""Job `fetch`: download and parse due feeds, and store their entries as articles."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from service.domain.articles.entries import FeedContext, ParsedFeed
from service.domain.catalogue.feed_update import FeedValidators, FetchedState, update_after_fetch
from service.errors import FeedError
from service.ingest.admit import admit_feed
from service.ingest.fetching.fetch import FetchRequest, FetchResult, fetch_all
from service.ingest.parsing.worker import ParseJob
from service.ingest.parsing.workers import parse_all
from service.store.articles import articles
from service.store.articles.articles import AdmissionCounts, Source
from service.store.catalogue import feeds
from service.store.tables import FeedRow, FetchRow

log = structlog.get_logger()

#: Feeds fetched at once; bounds how many bodies are in memory.
BATCH = 64
#: Seconds between two checks for a stop request.
STOP_CHECK = 0.2
#: Maximum warnings stored per fetch.
MAX_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class FetchedFeed:
    """A feed with its HTTP result, and either the parsed feed, an error, or neither after a 304."""

    feed: FeedRow
    result: FetchResult
    parsed: ParsedFeed | None
    error: FeedError | None


def fetch(context: Context) -> Counts:
    """Fetch all due feeds; a failure is recorded on its feed and does not stop the others."""
    with context.sessions.begin() as session:
        due = feeds.find_due_feeds(session, now=context.clock())
        sites, ids = feeds.load_site_index(session), feeds.load_outlet_ids(session)
    total: Counter[str] = Counter()
    for start in range(0, len(due), BATCH):
        context.progress("fetch", start, len(due))
        batch = due[start : start + BATCH]
        results = asyncio.run(_download(context, batch))
        for fetched in _parse(context, batch, results):
            source = Source(fetched.feed.id, fetched.feed.outlet_id, ids, sites)
            total += _store(context, fetched, source)
        if context.stop_requested():
            break
    context.progress("fetch", len(due), len(due))
    return total


async def _download(context: Context, batch: Sequence[FeedRow]) -> list[FetchResult]:
    """Download the feeds in order; if the job stops, return only the finished ones."""
    finished: list[FetchResult] = []
    requests = [FetchRequest(feed.id, feed.url, feed.etag, feed.last_modified) for feed in batch]
    fetching = asyncio.create_task(
        fetch_all(requests, context.settings.fetch, on_done=finished.append)
    )
    while not context.stop_requested():
        done, _ = await asyncio.wait([fetching], timeout=STOP_CHECK)
        if done:
            return fetching.result()
    fetching.cancel()
    await asyncio.wait([fetching])
    position = {feed.id: index for index, feed in enumerate(batch)}
    return sorted(finished, key=lambda result: position[result.feed_id])


def _parse(
    context: Context, batch: Sequence[FeedRow], results: Sequence[FetchResult]
) -> list[FetchedFeed]:
    """Parse the bodies of the results; feeds without a result are omitted and stay due."""
    feeds_by_id = {feed.id: feed for feed in batch}
    jobs = [
        ParseJob(result.body, result.final_url, result.content_type)
        for result in results
        if result.body is not None
    ]
    parsed = iter(parse_all(jobs, context.settings.parse))
    fetched_feeds = []
    for result in results:
        content = next(parsed) if result.body is not None else result.error
        fetched_feeds.append(
            FetchedFeed(
                feeds_by_id[result.feed_id],
                result,
                parsed=content if isinstance(content, ParsedFeed) else None,
                error=content if isinstance(content, FeedError) else None,
            )
        )
    return fetched_feeds


def _store(context: Context, fetched: FetchedFeed, source: Source) -> Counter[str]:
    """Store the articles, the fetch record and the feed's new state in one transaction."""
    feed, result, error, now = fetched.feed, fetched.result, fetched.error, context.clock()
    with context.sessions.begin() as session:
        admitted, rejected = _admit(session, context, fetched, source, now)
        warnings = [*(fetched.parsed.warnings if fetched.parsed else ()), *rejected]
        row = FetchRow(
            feed_id=feed.id,
            run_id=context.run_id,
            at=now,
            elapsed=result.elapsed,
            outcome="failed" if error else "not_modified" if result.not_modified else "ok",
            http_status=result.status,
            received=result.received,
            entries=len(fetched.parsed.entries) if fetched.parsed else 0,
            admitted=admitted.new,
            revised=admitted.revised,
            rejected=len(rejected),
            error_kind=error.kind if error else None,
            error=str(error) if error else None,
            warnings=warnings[:MAX_WARNINGS],
        )
        feeds.record_fetch(session, row)
        state = _to_fetched_state(session, fetched)
        update = update_after_fetch(
            state, now=now, jitter=random.random(), settings=context.settings.pacing
        )
        feeds.apply_update(session, feed.id, update)
    if error:
        log.warning(
            "feed failed",
            action="feed_failed",
            feed=feed.url,
            kind=error.kind,
            error=str(error),
            in_a_row=update.error_count,
        )
    counts = {"feeds": 1, row.outcome: 1, "articles": admitted.new, "revised": admitted.revised}
    return Counter(counts | {"rejected": len(rejected)})


def _admit(
    session: Session, context: Context, fetched: FetchedFeed, source: Source, now: datetime
) -> tuple[AdmissionCounts, list[str]]:
    """Store the entries as articles; return the counts and the reasons of rejected entries."""
    if fetched.parsed is None:
        return AdmissionCounts(0, 0), []
    feed, parsed = fetched.feed, fetched.parsed
    # The stored URL, not the redirected one: it is part of the key of entries without a link.
    feed_context = FeedContext(feed.url, parsed.link, parsed.language or feed.language or "")
    drafts, rejections = admit_feed(
        parsed.entries, feed_context, now=now, settings=context.settings.admit
    )
    reasons = [f"{rejection.guid or 'an entry'}: {rejection.reason}" for rejection in rejections]
    return articles.admit(session, drafts, source, now=now), reasons


def _to_fetched_state(session: Session, fetched: FetchedFeed) -> FetchedState:
    feed, result, parsed = fetched.feed, fetched.result, fetched.parsed
    entries = parsed.entries if parsed else ()
    times = [entry.published for entry in entries if entry.published]
    moved = result.moved_to is not None and result.moved_to != feed.url
    return FetchedState(
        url=feed.url,
        error_count=feed.error_count,
        error=fetched.error,
        validators=FeedValidators(result.etag, result.last_modified),
        entry_times=times or articles.load_publication_times(session, feed.id),
        ttl=parsed.ttl if parsed else None,
        retry_after=result.retry_after,
        moved_to=result.moved_to,
        target_exists=moved and feeds.find_feed_by_url(session, result.moved_to or "") is not None,
    )
