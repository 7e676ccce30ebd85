"""Job `tidy`: delete old log rows and responses; classify recent articles again."""

from datetime import timedelta

from jobs.running.context import Context, Counts
from service.store.access import idempotency, rate_buckets
from service.store.articles import types
from service.store.catalogue import feeds
from service.store.database import locks
from service.store.editing.type_corrections import queue_changed
from service.store.runs import runs
from service.store.stories import apply_plan
from service.store.webhooks import attempts

#: Retention of runs, fetches and webhook attempts, and of runs that had nothing to do.
RETENTION, IDLE_RETENTION = timedelta(days=30), timedelta(days=1)


def tidy(context: Context) -> Counts:
    """Delete expired log rows and responses, and update the types of recent articles.

    Articles and stories stay.
    """
    now = context.clock()
    with context.sessions.begin() as session:
        deleted = runs.delete_old(session, now=now, keep=RETENTION, keep_idle=IDLE_RETENTION)
        deleted += idempotency.delete_expired(session, now=now)
        deleted += rate_buckets.delete_idle(session)
        deleted += attempts.delete_old(session, now=now, keep=RETENTION)
    counts = {"deleted": deleted, "classified": _classify_recent(context)}
    return {name: count for name, count in counts.items() if count}


def _classify_recent(context: Context) -> int:
    """Classify the recent articles of each outlet again; returns how many got another type."""
    with context.sessions.begin() as session:
        outlet_ids = sorted(feeds.load_outlet_ids(session).values())
    total = 0
    for outlet_id in outlet_ids:
        if context.stop_requested():
            break
        with context.sessions.begin() as session:
            changed = types.classify_recent(session, outlet_id, now=context.clock())
            if changed:
                locks.lock_until_commit(session, apply_plan.LOCK)
                types.save(session, changed)
                queue_changed(session, changed)
        total += len(changed)
    return total
