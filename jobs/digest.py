"""Job `digest`: create the editions that are due, then send the waiting ones."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from jobs.running.mail import run_mail_job, subscriber_batches
from service.domain.subscribers.alerts import AlertEmail
from service.domain.subscribers.digest_model import DigestStory
from service.domain.subscribers.digest_schedule import DueDate, next_due_date
from service.domain.subscribers.digest_selection import History, select_stories
from service.settings.load import Settings
from service.store.subscribers import alert_emails, editions
from service.store.subscribers.digest_stories import digest_stories
from service.store.subscribers.subscribers import Subscriber

#: Period of earlier editions that are considered; a story shown before it counts as new.
HISTORY_PERIOD = timedelta(days=14)
#: Longest time that an edition covers, however long ago the last one was.
MAX_LOOKBACK = timedelta(days=7)


def digest(context: Context) -> Counts:
    """Create due editions and send waiting ones; does nothing without a mail server.

    Each subscriber gets at most one edition per local date, because it is stored before it is sent.

    Raises:
        SettingsError: `mail.site` is not set.
        MailServerError: the server accepts no email; waiting emails are retried later.
    """
    return run_mail_job(context, "digest", create_editions)


def create_editions(context: Context) -> Counts:
    """Store all editions that are due, empty ones included; returns counts."""
    now, settings = context.clock(), context.settings
    counts = {"created": 0, "empty": 0}
    stories: list[DigestStory] | None = None
    for batch in subscriber_batches(context):
        with context.sessions.begin() as session:
            due_dates = _load_due_dates(session, batch, settings, now)
            recipients = [each for each in batch if each.id in due_dates]
            if not recipients:
                continue
            if stories is None:  # loaded once, with the first edition of the run
                limit = settings.editions.max_stories
                stories = digest_stories(session, since=now - MAX_LOOKBACK, limit=limit)
            histories = load_histories(session, recipients, settings, now)
            ids = [each.id for each in recipients]
            deferred = alert_emails.load_deferred(session, ids, since=now - MAX_LOOKBACK)
            for each in recipients:
                outcome = _create_edition(
                    session,
                    each,
                    due=due_dates[each.id],
                    stories=stories,
                    history=histories[each.id],
                    deferred=deferred.get(each.id, {}),
                    settings=settings,
                    now=now,
                )
                counts[outcome] += 1
    return counts


def load_histories(
    session: Session, batch: Sequence[Subscriber], settings: Settings, now: datetime
) -> dict[int, History]:
    """Return the stories that recent editions showed, by subscriber id."""
    seen = editions.load_histories(session, [each.id for each in batch], since=now - HISTORY_PERIOD)
    # A first edition covers the lookback. Twice that covers a first edition that was missed.
    lookback = settings.editions.lookback
    for each in batch:
        start = max(each.schedule_since - lookback, now - 2 * lookback)
        seen.setdefault(each.id, History(start))
    return seen


def _load_due_dates(
    session: Session, batch: Sequence[Subscriber], settings: Settings, now: datetime
) -> dict[int, DueDate]:
    """Return the due dates of all subscribers whose next edition is due, by subscriber id."""
    last = editions.load_last_due_dates(session, [each.id for each in batch])
    due_dates = {}
    for each in batch:
        due = next_due_date(
            each.schedule,
            now,
            since=each.schedule_since,
            last=last.get(each.id),
            catch_up=settings.editions.catch_up,
        )
        if due:
            due_dates[each.id] = due
    return due_dates


def _create_edition(
    session: Session,
    subscriber: Subscriber,
    *,
    due: DueDate,
    stories: Sequence[DigestStory],
    history: History,
    deferred: Mapping[int, AlertEmail],
    settings: Settings,
    now: datetime,
) -> str:
    """Store an edition with the deferred alerts, one per story; return `created` or `empty`."""
    latest = {each.card.story: each.deferred_match for each in deferred.values()}
    selected = select_stories(stories, subscriber.filters, history, settings.digest)
    content = replace(selected, alerts=tuple(latest.values()))
    late = due.is_late(now, settings.editions.tolerance)
    send = bool(content) or settings.editions.empty_days == "line"
    edition_id = editions.add(session, subscriber.id, due, content, now=now, late=late, send=send)
    if edition_id is None:
        return "empty"
    alert_emails.assign_to_digest(session, deferred, edition_id)
    return "created" if send else "empty"
