"""Job `digest`: create the editions that are due, then send the waiting ones."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from jobs.sending.mail import create_in_batches, run_mail_job
from service.domain.grouping.same_events import find_same_events
from service.domain.subscribers.alerts import list_deferred
from service.domain.subscribers.digests.events import join_events
from service.domain.subscribers.digests.selection import History, select_stories
from service.domain.subscribers.digests.stories import DigestStory
from service.domain.subscribers.story_index import StoryIndex
from service.settings.load import Settings
from service.store.articles import articles, vectors
from service.store.stories import constraints, vocabularies
from service.store.subscribers import alert_emails, editions
from service.store.subscribers.digest_stories import load_digest_stories
from service.store.subscribers.subscribers import Subscriber

#: Period of earlier editions that are considered; a story that was last shown before counts as new.
HISTORY_PERIOD = timedelta(days=14)
#: Age limit of deferred alert emails; long enough for a subscriber who misses a weekly edition.
DEFERRED_PERIOD = timedelta(days=21)
#: Longest time that an edition covers, even if the last one is older.
MAX_LOOKBACK = timedelta(days=7)
#: Maximum reports of a story that are compared with other stories.
MAX_REPORTS = 12


def digest(context: Context) -> Counts:
    """Create due editions and send waiting ones; does nothing without a mail server.

    Each subscriber gets at most one edition per local date, because it is stored before it is sent.

    Raises:
        SettingsError: `web.site` is not set.
        MailServerError: the server accepts no email; waiting emails are retried later.
    """
    return run_mail_job(context, "digest", create_editions)


def create_editions(context: Context) -> Counts:
    """Store all editions that are due, empty ones included; returns counts."""
    return create_in_batches(context, partial(_create_for, context, _LazyIndex(context)))


def _create_for(context: Context, index: "_LazyIndex", batch: Sequence[Subscriber]) -> Counts:
    now, settings = context.clock(), context.settings
    counts = {"created": 0, "empty": 0}
    with context.sessions.begin() as session:
        due_dates = editions.find_due(session, batch, now=now, catch_up=settings.editions.catch_up)
        if not due_dates:
            return counts
        histories = load_histories(session, [each for each, _ in due_dates], settings, now)
        deferred = alert_emails.load_deferred(session, histories, since=now - DEFERRED_PERIOD)
        for subscriber, due in due_dates:
            history, alerts = histories[subscriber.id], deferred.get(subscriber.id, {})
            latest_by_story = {each.card.story: each for each in alerts.values()}
            stories = index.load(session)
            content = select_stories(stories, subscriber.filters, history, settings.digest)
            lines = list_deferred(latest_by_story.values(), subscriber.filters)
            content = replace(content, alerts=lines)
            late = due.is_late(now, settings.editions.tolerance)
            send = bool(content) or settings.editions.empty_days == "line"
            edition_id = editions.add(
                session, subscriber.id, due, content, now=now, late=late, send=send
            )
            if edition_id is None:  # another run stored it
                continue
            alert_emails.assign_to_digest(session, alerts, edition_id)
            counts["created" if send else "empty"] += 1
    return counts


class _LazyIndex:
    """The stories of a run, loaded once, with its first edition."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._index: StoryIndex | None = None

    def load(self, session: Session) -> StoryIndex:
        if self._index is None:
            self._index = StoryIndex(load_stories(session, self._context))
        return self._index


def load_stories(session: Session, context: Context) -> list[DigestStory]:
    """Return the stories that an edition may show, with those of one event joined."""
    since = context.clock() - MAX_LOOKBACK
    stories = load_digest_stories(
        session, since=since, limit=context.settings.editions.max_candidates
    )
    return join_events(stories, _find_events(session, context, stories))


def _find_events(
    session: Session, context: Context, stories: Sequence[DigestStory]
) -> list[tuple[str, ...]]:
    """Find the stories of one event, among those with a report.

    An empty list before the first run of reconcile, because the window has no vocabulary yet.
    """
    vocabulary = vocabularies.latest(session)
    if vocabulary is None:
        return []
    tag = vocabulary.centering_mean.model
    reports = {
        story.id: [each.article for each in story.reports if each.is_independent][:MAX_REPORTS]
        for story in stories
    }
    loaded = articles.load(session, (key for keys in reports.values() for key in keys))
    ids = [int(each.id) for each in loaded]
    model_id = vectors.find_model(session, tag)
    if model_id is None or not loaded:
        return []
    return find_same_events(
        reports,
        loaded,
        vectors.load(session, model_id, tag, ids),
        vocabulary,
        model=context.pair_model,
        merge_model=context.merge_model,
        settings=context.settings.window_stories,
        constraints=constraints.load_constraints(session, set(ids)),
    )


def load_histories(
    session: Session, batch: Sequence[Subscriber], settings: Settings, now: datetime
) -> dict[int, History]:
    """Return the stories that recent editions showed, by subscriber id."""
    seen = editions.load_histories(session, [each.id for each in batch], since=now - HISTORY_PERIOD)
    # A first edition covers the lookback before the subscriber chose the schedule, also if it is a
    # weekly one or if earlier ones were missed.
    for each in batch:
        start = max(each.schedule_since - settings.editions.lookback, now - MAX_LOOKBACK)
        seen.setdefault(each.id, History(start))
    return seen
