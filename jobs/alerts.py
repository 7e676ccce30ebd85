"""The job `alerts`: stories that match a subscriber's saved queries are told of at once."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from jobs.running.mail import batches, mailed
from service.domain.subscribers.alerts import StoryIndex
from service.domain.subscribers.alerts import notices as to_tell
from service.settings.load import Settings
from service.store.subscribers import alert_emails
from service.store.subscribers import alerts as store
from service.store.subscribers.digest_stories import changed_stories
from service.store.subscribers.subscribers import Subscriber

#: What somebody was told longer ago is new to them.
MEMORY = timedelta(days=30)
#: Stories that are looked at in one run, the latest.
MOST_STORIES = 5000
HOUR = timedelta(hours=1)


def alerts(context: Context) -> Counts:
    """Tell subscribers of stories that match their alerts; nothing without a mail server.

    A notice is written into the ledger before it is sent. Of more than `alerts.per_hour` to one
    subscriber the rest waits for the next issue of the digest.

    Raises:
        SettingsError: emails would have no links or no sender.
        MailServerError: the mail server takes nothing; what waits is tried again later.
    """
    return mailed(context, "alert", make_notices)


def make_notices(context: Context) -> Counts:
    """Write what alerts have to tell into the ledger, and what the next issue is to hold."""
    counts = {"made": 0, "deferred": 0}
    stories = _stories(context)
    if stories is None:
        return counts
    for batch in batches(context, with_alerts=True):
        with context.sessions.begin() as session:
            for outcome in _make(session, context.settings, batch, stories, context.clock()):
                counts[outcome] += 1
    return counts


def _stories(context: Context) -> StoryIndex | None:
    """The stories that changed of late; None if nobody asks for them or none did."""
    now, settings = context.clock(), context.settings.alerts
    with context.sessions.begin() as session:
        if not store.any_active(session):
            return None
        found = changed_stories(
            session,
            since=now - settings.recent,
            changed_since=now - settings.changed,
            limit=MOST_STORIES,
        )
    return StoryIndex(found) if found else None


def _make(
    session: Session,
    settings: Settings,
    batch: Sequence[Subscriber],
    stories: StoryIndex,
    now: datetime,
) -> Iterator[str]:
    """Write the notices of some subscribers; whether each is to be sent or folded."""
    ids = [each.id for each in batch]
    asked = store.of_subscribers(session, ids)
    told = alert_emails.told_to(session, ids, since=now - MEMORY)
    sent = alert_emails.sent_to(session, ids, since=now - HOUR)
    for each in batch:
        mine, before = asked.get(each.id, []), told.get(each.id, [])
        for notice in to_tell(mine, stories, each.filters, before, settings.alerts):
            fold = sent[each.id] >= settings.alerts.max_per_hour
            day = now.astimezone(each.schedule.time_zone).date()
            if alert_emails.make(session, each.id, notice, day, now=now, fold=fold):
                sent[each.id] += not fold
                yield "deferred" if fold else "made"
