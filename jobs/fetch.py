"""Job `fetch`: download and parse due feeds, and store their entries as articles."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from service.domain.articles.entries import ParsedFeed
from service.domain.catalogue.feed_update import (
    FeedUpdate,
    FeedValidators,
    FetchedState,
    update_after_fetch,
)
from service.domain.catalogue.outlets import SiteIndex
from service.domain.text.markup import one_line
from service.errors import (
    DatabaseError,
    DatabaseUnreachableError,
    DatabaseUnusableError,
    FeedError,
    InternalFeedError,
)
from service.errors.redaction import redact_url
from service.ingest.admission_job import AdmissionJob, AdmittedFeed
from service.ingest.fetching.fetch import FetchRequest, FetchResult
from service.ingest.read_feeds import FeedReader, ReadFeed, read_feeds
from service.store.articles import articles
from service.store.catalogue import feed_history, feeds, fetch_results
from service.store.catalogue.fetch_results import FetchRecord
from service.store.database.errors import translate_database_errors
from service.store.identity import admission
from service.store.identity.admission import Source
from service.store.tables import FeedRow
from service.telemetry import process, tracing

log = structlog.get_logger()

#: Maximum warnings stored per fetch.
MAX_WARNINGS = 20
#: Content of a fetch that returned no feed: an error, or 304.
NO_CONTENT = AdmittedFeed(
    ParsedFeed(title="", link="", language="", format="", ttl=None, entries=(), warnings=()),
    entries=0,
    entry_times=(),
    drafts=(),
    rejections=(),
)


def fetch(context: Context) -> Counts:
    """Fetch all due feeds; a failure is recorded on its feed and does not stop the others."""
    with context.sessions.begin() as session:
        due = feeds.find_due_feeds(session, now=context.clock())
        storing = FeedStore(
            context,
            {feed.id: feed for feed in due},
            feeds.load_site_index(session),
            feeds.load_outlet_ids(session),
            feeds.load_outlet_countries(session),
        )
    requests = [
        FetchRequest(
            each.id, each.fetch_url or each.url, each.etag, each.last_modified, each.user_agent
        )
        for each in due
    ]
    reader = FeedReader(
        context.settings.fetch, context.settings.parse, storing.make_job, context.stop_requested
    )
    total: Counter[str] = Counter()
    for batch in read_feeds(requests, reader):
        total += storing.store(batch)
        context.progress("fetch", total["feeds"], len(due))
    return total


@dataclass(frozen=True, slots=True)
class StoredFeed:
    """A stored feed: the record of its fetch, and its new state."""

    feed: FeedRow
    record: FetchRecord
    update: FeedUpdate

    def counts(self) -> Counter[str]:
        """Return the counts of the job for this feed."""
        fetched = self.record
        counts = {"feeds": 1, fetched.outcome: 1, "articles": fetched.admitted}
        return Counter(counts | {"revised": fetched.revised, "rejected": fetched.rejected})


@dataclass(frozen=True, slots=True)
class FeedStore:
    """Stores fetched feeds; `due` contains their rows before the fetch."""

    context: Context
    due: Mapping[int, FeedRow]
    sites: SiteIndex
    outlet_ids: Mapping[str, int]
    countries: Mapping[int, str]  #: by id of the outlet

    def make_job(self, result: FetchResult) -> AdmissionJob:
        """Return the job that parses a response."""
        feed = self.due[result.feed_id]
        return AdmissionJob(
            result.body or b"",
            # Relative links belong to the site, not to an address that only serves the feed.
            feed.url if feed.fetch_url else result.final_url,
            result.content_type,
            feed_url=feed.url,
            language=feed.language or "",
            country=self.countries.get(feed.outlet_id, ""),
            now=self.context.clock(),
            settings=self.context.settings.admit,
            charset=feed.charset or "",
        )

    def store(self, batch: Sequence[ReadFeed]) -> Counter[str]:
        """Store feeds in one transaction; if that fails, each one in its own transaction.

        A feed that cannot be stored gets the error instead.
        """
        try:
            return self._commit(batch)
        except (DatabaseUnreachableError, DatabaseUnusableError):
            raise  # no feed is the cause
        except Exception as error:  # noqa: BLE001 - one feed never stops the others
            if len(batch) > 1:
                return sum((self.store([each]) for each in batch), Counter[str]())
            result = batch[0].result
            url = redact_url(self.due[result.feed_id].url)
            failure = InternalFeedError.from_exception(url, "the feed was stored", error)
        try:
            return self._commit([ReadFeed(result, failure)])
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001 - the failure remains in the log
            lines = {"error": str(failure), "reason": one_line(str(error))}
            log.warning("failure not recorded", action="failure_not_recorded", feed=url, **lines)
            return Counter({"feeds": 1, "failed": 1})

    def _commit(self, batch: Sequence[ReadFeed]) -> Counter[str]:
        """Store the articles, fetch records and new states of feeds in one transaction."""
        with (
            translate_database_errors(self.context.engine),
            self.context.sessions.begin() as session,
        ):
            timeless = [each.result.feed_id for each in batch if not each.entry_times]
            times = articles.load_publication_times(session, timeless)
            stored = [self._store(session, each, times) for each in batch]
            fetch_results.record_fetches(session, [each.record for each in stored])
            fetch_results.apply_updates(session, {each.feed.id: each.update for each in stored})
        for each in stored:
            _report(each)
        return sum((each.counts() for each in stored), Counter[str]())

    def _store(
        self, session: Session, read: ReadFeed, times: Mapping[int, Sequence[datetime]]
    ) -> StoredFeed:
        """Store the articles of a feed; return its fetch record and new state, not stored yet."""
        now, result, feed = self.context.clock(), read.result, self.due[read.result.feed_id]
        tolerance = self.context.settings.admit.future_tolerance
        content = read.outcome if isinstance(read.outcome, AdmittedFeed) else NO_CONTENT
        error = read.outcome if isinstance(read.outcome, FeedError) else None
        source = Source(feed.id, feed.outlet_id, self.outlet_ids, self.sites)
        with tracing.span("store feed", feed=feed.id, url=redact_url(feed.url)):
            admitted = admission.admit(
                session, content.drafts, source, now=now, future_tolerance=tolerance
            )
        # Redirects of an overridden address do not change the URL of the feed.
        moves = () if feed.fetch_url else result.moves
        move = None if error else feed_history.follow_moves(session, feed, moves, now=now)
        state = FetchedState(
            url=feed.url,
            error_count=feed.error_count,
            error=error,
            validators=FeedValidators(result.etag, result.last_modified),
            entry_times=content.entry_times or times.get(feed.id, ()),
            ttl=content.parsed.ttl,
            retry_after=result.retry_after,
            moved_to=move.url if move else None,
            target_exists=move is not None and move.target_exists,
            interval=feeds.get_overrides(feed).interval,
        )
        update = update_after_fetch(
            state, now=now, jitter=random.random(), settings=self.context.settings.pacing
        )
        record = FetchRecord(
            feed_id=feed.id,
            run_id=self.context.run_id,
            at=now,
            elapsed=result.elapsed,
            outcome="failed" if error else "not_modified" if result.not_modified else "ok",
            http_status=result.status,
            received=result.received,
            entries=content.entries,
            admitted=admitted.new,
            revised=admitted.revised,
            rejected=len(content.rejections),
            error_kind=update.error_kind,
            error=update.error if error else None,
            warnings=[*content.parsed.warnings, *content.rejections][:MAX_WARNINGS],
        )
        return StoredFeed(feed, record, update)


def _report(stored: StoredFeed) -> None:
    """Count a fetch; log the first failure in a row of a feed, and its end."""
    record, update = stored.record, stored.update
    process.FETCHES.labels(record.error_kind or record.outcome).inc()
    fields = {"feed": redact_url(stored.feed.url), "feed_id": stored.feed.id}
    before = stored.feed.error_count
    if record.error_kind:
        level = log.debug if before else log.warning
        failure = {"error": update.error, "in_a_row": update.error_count}
        level("feed failed", action="feed_failed", kind=record.error_kind, **fields, **failure)
    elif before:
        log.info("feed works again", action="feed_recovered", failures=before, **fields)
