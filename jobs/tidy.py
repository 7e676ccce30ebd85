"""Job `tidy`: delete old records and responses; classify recent articles again."""

from jobs.running.context import Context, Counts
from service.store.access import browser_sessions, idempotency, rate_buckets
from service.store.articles import types
from service.store.catalogue import feeds
from service.store.database import locks
from service.store.editing.type_corrections import queue_changed
from service.store.maintenance.retention import apply_rules, list_rules
from service.store.stories import apply_plan


def tidy(context: Context) -> Counts:
    """Delete details past their retention and expired responses, and classify recent articles.

    Articles and stories stay.
    """
    now, settings = context.clock(), context.settings
    rules = list_rules(settings.retention, in_use=settings.details_in_use)
    stop = context.stop_requested
    pruned = apply_rules(context.sessions, rules, now=now, stop_requested=stop)
    deleted = sum(count for _, count in pruned)
    with context.sessions.begin() as session:
        deleted += idempotency.delete_expired(session, now=now)
        deleted += browser_sessions.delete_expired(session, now=now)
        deleted += rate_buckets.delete_idle(session)
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
