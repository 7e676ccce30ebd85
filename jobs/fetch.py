"""Job `fetch`: download and parse due feeds, and store their entries as articles."""

import asyncio
import random
from collections import Counter
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from service.domain.articles.entries import FeedContext, ParsedFeed
from service.domain.catalogue.feed_update import FeedValidators, FetchedState, update_after_fetch
from service.errors import FeedError
from service.ingest.admit import admit_feed
from service.ingest.fetching.fetch import FetchRequest, FetchResult, fetch_until_stopped
from service.ingest.parsing.worker import ParseJob
from service.ingest.parsing.workers import parse_all
from service.store.articles import articles
from service.store.articles.articles import Source
from service.store.catalogue import feed_history, feeds
from service.store.tables import FeedRow, FetchRow

log = structlog.get_logger()

#: Feeds fetched at once; bounds how many bodies are in memory.
BATCH = 64
#: Maximum warnings stored per fetch.
MAX_WARNINGS = 20
#: Content of a fetch that returned no feed: an error, or 304.
NO_CONTENT = ParsedFeed(
    title="", link="", language="", format="", ttl=None, entries=(), warnings=()
)


def fetch(context: Context) -> Counts:
    """Fetch all due feeds; a failure is recorded on its feed and does not stop the others."""
    with context.sessions.begin() as session:
        due = feeds.find_due_feeds(session, now=context.clock())
        sites, ids = feeds.load_site_index(session), feeds.load_outlet_ids(session)
    total: Counter[str] = Counter()
    for start in range(0, len(due), BATCH):
        context.progress("fetch", start, len(due))
        batch = due[start : start + BATCH]
        requests = [
            FetchRequest(each.id, each.url, each.etag, each.last_modified) for each in batch
        ]
        results = asyncio.run(
            fetch_until_stopped(requests, context.settings.fetch, context.stop_requested)
        )
        parse_jobs = [
            ParseJob(result.body, result.final_url, result.content_type)
            for result in results
            if result.body is not None
        ]
        parsed = iter(parse_all(parse_jobs, context.settings.parse))
        feeds_by_id = {feed.id: feed for feed in batch}
        for result in results:  # feeds without a result stay due
            feed = feeds_by_id[result.feed_id]
            outcome = next(parsed) if result.body is not None else result.error or NO_CONTENT
            source = Source(feed.id, feed.outlet_id, ids, sites)
            total += _store(context, feed, result, outcome, source)
        if context.stop_requested():
            break
    context.progress("fetch", len(due), len(due))
    return total


def _store(
    context: Context,
    feed: FeedRow,
    result: FetchResult,
    outcome: ParsedFeed | FeedError,
    source: Source,
) -> Counter[str]:
    """Store the articles, the fetch record and the feed's new state in one transaction."""
    parsed, error = (NO_CONTENT, outcome) if isinstance(outcome, FeedError) else (outcome, None)
    # The stored URL, not the redirected one: it is part of the key of entries without a link.
    about = FeedContext(feed.url, parsed.link, parsed.language or feed.language or "")
    now, settings = context.clock(), context.settings
    drafts, rejections = admit_feed(parsed.entries, about, now=now, settings=settings.admit)
    reasons = [f"{each.guid or 'an entry'}: {each.reason}" for each in rejections]
    with context.sessions.begin() as session:
        admitted = articles.admit(session, drafts, source, now=now)
        row = FetchRow(
            feed_id=feed.id,
            run_id=context.run_id,
            at=now,
            elapsed=result.elapsed,
            outcome="failed" if error else "not_modified" if result.not_modified else "ok",
            http_status=result.status,
            received=result.received,
            entries=len(parsed.entries),
            admitted=admitted.new,
            revised=admitted.revised,
            rejected=len(rejections),
            error_kind=error.kind if error else None,
            error=str(error) if error else None,
            warnings=[*parsed.warnings, *reasons][:MAX_WARNINGS],
        )
        feeds.record_fetch(session, row)
        state = _to_fetched_state(session, feed, result, parsed, error, now=now)
        update = update_after_fetch(
            state, now=now, jitter=random.random(), settings=settings.pacing
        )
        feeds.apply_update(session, feed.id, update)
    if error:
        failure = {"kind": error.kind, "error": str(error), "in_a_row": update.error_count}
        log.warning("feed failed", action="feed_failed", feed=feed.url, **failure)
    counts = {"feeds": 1, row.outcome: 1, "articles": admitted.new, "revised": admitted.revised}
    return Counter(counts | {"rejected": len(rejections)})


def _to_fetched_state(
    session: Session,
    feed: FeedRow,
    result: FetchResult,
    parsed: ParsedFeed,
    error: FeedError | None,
    *,
    now: datetime,
) -> FetchedState:
    times = [entry.published for entry in parsed.entries if entry.published]
    move = None if error else feed_history.follow_moves(session, feed, result.moves, now=now)
    return FetchedState(
        url=feed.url,
        error_count=feed.error_count,
        error=error,
        validators=FeedValidators(result.etag, result.last_modified),
        entry_times=times or articles.load_publication_times(session, feed.id),
        ttl=parsed.ttl,
        retry_after=result.retry_after,
        moved_to=move.url if move else None,
        target_exists=move is not None and move.target_exists,
    )
