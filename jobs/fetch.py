"""The job `fetch`: due feeds are fetched and parsed, their entries admitted as articles."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from service.domain.articles.entries import FeedContext, ParsedFeed
from service.domain.catalogue.fetch_schedule import FetchHistory, next_fetch_at
from service.errors import FeedError, GoneError, HostBusyError
from service.ingest.admit import admit_feed
from service.ingest.fetching.fetch import FetchRequest, FetchResult, fetch_all
from service.ingest.parsing.worker import ParseJob
from service.ingest.parsing.workers import parse_all
from service.store.articles import articles
from service.store.articles.articles import Admitted, Source
from service.store.catalogue import feeds
from service.store.tables import FeedRow, FetchRow

log = structlog.get_logger()

#: Feeds fetched at once; bounds how many bodies are held in memory.
BATCH = 64
#: How often a running fetch looks whether it shall stop, seconds.
STOP_CHECK = 0.2
#: Warnings kept of one fetch.
MAX_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class Read:
    """A feed, what its server answered, and what was parsed from that."""

    feed: FeedRow
    result: FetchResult
    parsed: ParsedFeed | None
    error: FeedError | None


def fetch(context: Context) -> Counts:
    """Fetch all due feeds; one feed's failure is recorded on it and the others go on."""
    with context.sessions.begin() as session:
        due = feeds.due_feeds(session, now=context.clock())
        sites, ids = feeds.site_index(session), feeds.outlet_ids(session)
    total: Counter[str] = Counter()
    for start in range(0, len(due), BATCH):
        context.progress("fetch", start, len(due))
        for read in _read(context, due[start : start + BATCH]):
            source = Source(read.feed.id, read.feed.outlet_id, ids, sites)
            total += Counter(_store(context, read, source))
        if context.stopping():
            break
    context.progress("fetch", len(due), len(due))
    return total


def _read(context: Context, feeds: Sequence[FeedRow]) -> list[Read]:
    results = asyncio.run(_fetched(context, feeds))
    by_id = {result.feed_id: result for result in results}
    bodies = [
        ParseJob(result.body, result.final_url, result.content_type)
        for result in results
        if result.body is not None
    ]
    outcomes = iter(parse_all(bodies, context.settings.parse))
    reads = []
    for feed in feeds:
        if (result := by_id.get(feed.id)) is None:
            continue  # told to stop before it was asked; it stays due
        outcome = next(outcomes) if result.body is not None else result.error
        parsed = outcome if isinstance(outcome, ParsedFeed) else None
        error = outcome if isinstance(outcome, FeedError) else None
        reads.append(Read(feed, result, parsed, error))
    return reads


async def _fetched(context: Context, feeds: Sequence[FeedRow]) -> list[FetchResult]:
    """Fetch some feeds; told to stop, only what had come by then."""
    come: list[FetchResult] = []
    requests = [FetchRequest(feed.id, feed.url, feed.etag, feed.last_modified) for feed in feeds]
    fetching = asyncio.create_task(fetch_all(requests, context.settings.fetch, on_done=come.append))
    while not context.stopping():
        done, _ = await asyncio.wait([fetching], timeout=STOP_CHECK)
        if done:
            return fetching.result()
    fetching.cancel()
    await asyncio.wait([fetching])
    return sorted(come, key=lambda result: [feed.id for feed in feeds].index(result.feed_id))


def _store(context: Context, read: Read, source: Source) -> Mapping[str, int]:
    """Write what came of one feed, in one transaction."""
    now = context.clock()
    with context.sessions.begin() as session:
        admitted, rejected = _admit(session, context, read, source, now)
        row = _account(read, admitted, rejected, now=now, run_id=context.run_id)
        feeds.record_fetch(session, row)
        feeds.update_feed(session, read.feed.id, **_changes(session, context, read, now))
    if read.error:
        log.warning(
            "feed failed",
            action="feed_failed",
            feed=read.feed.url,
            kind=read.error.kind,
            error=str(read.error),
            in_a_row=_errors(read),
        )
    return {
        "feeds": 1,
        row.outcome: 1,
        "articles": admitted.new,
        "revised": admitted.revised,
        "rejected": len(rejected),
    }


def _admit(
    session: Session, context: Context, read: Read, source: Source, now: datetime
) -> tuple[Admitted, list[str]]:
    if read.parsed is None:
        return Admitted(0, 0), []
    language = read.parsed.language or read.feed.language or ""
    # The feed's own address: entries without a link are known by it, and redirects vary.
    about = FeedContext(read.feed.url, read.parsed.link, language)
    settings = context.settings.admit
    drafts, rejections = admit_feed(read.parsed.entries, about, now=now, settings=settings)
    reasons = [f"{rejection.guid or 'an entry'}: {rejection.reason}" for rejection in rejections]
    return articles.admit(session, drafts, source, now=now), reasons


def _account(
    read: Read, admitted: Admitted, rejected: Sequence[str], *, now: datetime, run_id: int | None
) -> FetchRow:
    outcome = "not_modified" if read.result.not_modified else "ok"
    warnings = [*(read.parsed.warnings if read.parsed else ()), *rejected]
    return FetchRow(
        feed_id=read.feed.id,
        run_id=run_id,
        at=now,
        elapsed=read.result.elapsed,
        outcome="failed" if read.error else outcome,
        http_status=read.result.status,
        received=read.result.received,
        entries=len(read.parsed.entries) if read.parsed else 0,
        admitted=admitted.new,
        revised=admitted.revised,
        rejected=len(rejected),
        error_kind=read.error.kind if read.error else None,
        error=str(read.error) if read.error else None,
        warnings=warnings[:MAX_WARNINGS],
    )


def _changes(session: Session, context: Context, read: Read, now: datetime) -> dict[str, Any]:
    """What a fetch changes on its feed."""
    changes: dict[str, Any] = {"last_fetched_at": now}
    if read.error:
        changes |= {"error_kind": read.error.kind, "error": str(read.error)}
        changes |= {"error_count": _errors(read)}
    else:
        # Validators are kept only with a body that could be read: a broken one must come again.
        validators = {"etag": read.result.etag, "last_modified": read.result.last_modified}
        changes |= {"error_kind": None, "error": None, "error_count": 0, "last_success_at": now}
        changes |= validators
    return changes | _next_time(session, context, read, now) | _fate(session, read)


def _next_time(session: Session, context: Context, read: Read, now: datetime) -> dict[str, Any]:
    entries = read.parsed.entries if read.parsed else ()
    times = [entry.published for entry in entries if entry.published]
    history = FetchHistory(
        errors=_errors(read),
        gone=isinstance(read.error, GoneError),
        retry_after=read.result.retry_after,
        hint=read.parsed.pace if read.parsed else None,
        entry_times=times or articles.latest_times(session, read.feed.id),
    )
    at = next_fetch_at(history, now=now, jitter=random.random(), settings=context.settings.pacing)
    return {"next_fetch_at": at} if at else {"status": "retired"}


def _errors(read: Read) -> int:
    """Failed fetches in a row; a feed that was not asked, since its host was busy, has no fault."""
    if read.error is None:
        return 0
    return read.feed.error_count + (not isinstance(read.error, HostBusyError))


def _fate(session: Session, read: Read) -> dict[str, Any]:
    """A feed that moved for good takes its new address, unless another feed has it already."""
    target = read.result.moved_to
    if read.error or target is None or target == read.feed.url:
        return {}
    if feeds.feed_at(session, target):
        return {"status": "retired", "error": f"moved to {target}, which is read already"}
    return {"url": target}
