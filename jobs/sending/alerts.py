"""Job `alerts`: email subscribers about new stories that match their alerts."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import partial

from jobs.running.context import Context, Counts
from jobs.sending.mail import create_in_batches, run_mail_job
from service.domain.subscribers.alerts import build_alert_emails
from service.domain.subscribers.digests.stories import DigestStory
from service.domain.subscribers.story_index import StoryIndex
from service.store.runs import runs
from service.store.subscribers import alert_emails, subscribers
from service.store.subscribers import alerts as store
from service.store.subscribers.digest_stories import add_texts, load_changed_stories
from service.store.subscribers.subscribers import Subscriber

#: Period of earlier alerts that are considered; a story with only older alerts counts as new.
HISTORY_PERIOD = timedelta(days=30)
#: Maximum stories checked in one run; the newest ones.
MAX_STORIES = 5000
HOUR = timedelta(hours=1)


def alerts(context: Context) -> Counts:
    """Email subscribers about matching stories; does nothing without a mail server.

    An alert email is stored before it is sent. Emails beyond `alerts.max_per_hour` per subscriber
    are deferred to the next digest.

    Raises:
        SettingsError: `web.site` is not set.
        MailServerError: the server accepts no email; waiting emails are retried later.
    """
    return run_mail_job(context, "alert", create_alert_emails)


def create_alert_emails(context: Context) -> Counts:
    """Store new alert emails, for sending or deferred to the next digest; returns counts."""
    now, settings = context.clock(), context.settings.alerts
    with context.sessions.begin() as session:
        if not store.count_active(session):
            return {}
        changed_since = min(now - settings.changed, runs.last_success(session, "alerts") or now)
        since = now - settings.recent
        changed = load_changed_stories(
            session, since=since, changed_since=max(changed_since, since), limit=MAX_STORIES
        )
        if store.any_with_saved_query(session):
            changed = add_texts(session, changed)
    if not changed:
        return {}
    create = partial(_create_for, context, changed, StoryIndex(changed))
    return create_in_batches(context, create, with_alerts=True)


def _create_for(
    context: Context,
    changed: Collection[DigestStory],
    stories: StoryIndex,
    batch: Sequence[Subscriber],
) -> Counts:
    settings, counts = context.settings.alerts, Counter[str]()
    with context.sessions.begin() as session:
        now, ids = context.clock(), [each.id for each in batch]
        # A second run of this job, after a lost lock, waits and then finds these emails.
        subscribers.lock(session, ids)
        alerts_by_subscriber = {
            owner: store.load_saved_queries(session, each, changed, now=now)
            for owner, each in store.list_by_subscriber(session, ids).items()
        }
        notifications = alert_emails.load_notifications(session, ids, since=now - HISTORY_PERIOD)
        recent = alert_emails.count_recent(session, ids, since=now - HOUR)
        for subscriber in batch:
            emails = build_alert_emails(
                alerts_by_subscriber.get(subscriber.id, []),
                stories,
                subscriber.filters,
                notifications.get(subscriber.id, []),
                settings,
            )
            date = now.astimezone(subscriber.schedule.time_zone).date()
            for email in emails:
                defer = recent[subscriber.id] >= settings.max_per_hour
                if alert_emails.add(session, subscriber.id, email, date, now=now, defer=defer):
                    recent[subscriber.id] += not defer
                    counts["deferred_to_digest" if defer else "created"] += 1
    return counts
