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
from service.store.articles.articles import AdmissionCounts, Source
from service.store.catalogue import feeds
from service.store.tables import FeedRow, FetchRow

log = structlog.get_logger()

#: Feeds fetched at once; bounds how many bodies are in memory.
BATCH = 64
#: Maximum warnings stored per fetch.
MAX_WARNINGS = 20


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
            content = next(parsed) if result.body is not None else result.error
            source = Source(feed.id, feed.outlet_id, ids, sites)
            total += _store(context, feed, result, content, source)
        if context.stop_requested():
            break
    context.progress("fetch", len(due), len(due))
    return total


def _store(
    context: Context,
    feed: FeedRow,
    result: FetchResult,
    content: ParsedFeed | FeedError | None,
    source: Source,
) -> Counter[str]:
    """Store the articles, the fetch record and the feed's new state in one transaction.

    `content` is the parsed feed, the error, or None after a 304.
    """
    parsed = content if isinstance(content, ParsedFeed) else None
    error = content if isinstance(content, FeedError) else None
    now = context.clock()
    with context.sessions.begin() as session:
        admitted, rejected = _admit(session, context, feed, parsed, source, now=now)
        warnings = [*(parsed.warnings if parsed else ()), *rejected]
        row = FetchRow(
            feed_id=feed.id,
            run_id=context.run_id,
            at=now,
            elapsed=result.elapsed,
            outcome="failed" if error else "not_modified" if result.not_modified else "ok",
            http_status=result.status,
            received=result.received,
            entries=len(parsed.entries) if parsed else 0,
            admitted=admitted.new,
            revised=admitted.revised,
            rejected=len(rejected),
            error_kind=error.kind if error else None,
            error=str(error) if error else None,
            warnings=warnings[:MAX_WARNINGS],
        )
        feeds.record_fetch(session, row)
        state = _to_fetched_state(session, feed, result, content)
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
    session: Session,
    context: Context,
    feed: FeedRow,
    parsed: ParsedFeed | None,
    source: Source,
    *,
    now: datetime,
) -> tuple[AdmissionCounts, list[str]]:
    """Store the entries as articles; return the counts and the reasons of rejected entries."""
    if parsed is None:
        return AdmissionCounts(0, 0), []
    # The stored URL, not the redirected one: it is part of the key of entries without a link.
    feed_context = FeedContext(feed.url, parsed.link, parsed.language or feed.language or "")
    drafts, rejections = admit_feed(
        parsed.entries, feed_context, now=now, settings=context.settings.admit
    )
    reasons = [f"{rejection.guid or 'an entry'}: {rejection.reason}" for rejection in rejections]
    return articles.admit(session, drafts, source, now=now), reasons


def _to_fetched_state(
    session: Session, feed: FeedRow, result: FetchResult, content: ParsedFeed | FeedError | None
) -> FetchedState:
    parsed = content if isinstance(content, ParsedFeed) else None
    entries = parsed.entries if parsed else ()
    times = [entry.published for entry in entries if entry.published]
    moved = result.moved_to is not None and result.moved_to != feed.url
    return FetchedState(
        url=feed.url,
        error_count=feed.error_count,
        error=content if isinstance(content, FeedError) else None,
        validators=FeedValidators(result.etag, result.last_modified),
        entry_times=times or articles.load_publication_times(session, feed.id),
        ttl=parsed.ttl if parsed else None,
        retry_after=result.retry_after,
        moved_to=result.moved_to,
        target_exists=moved and feeds.find_feed_by_url(session, result.moved_to or "") is not None,
    )
