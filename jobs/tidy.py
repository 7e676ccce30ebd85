"""Job `tidy`: delete old runs, fetches and idempotent responses."""

from datetime import timedelta

from jobs.running.context import Context, Counts
from service.store.access import idempotency
from service.store.database import runs

#: Retention of runs and fetches, and of runs that had nothing to do.
RETENTION, IDLE_RETENTION = timedelta(days=30), timedelta(days=1)


def tidy(context: Context) -> Counts:
    """Delete expired log rows and responses; articles and stories stay."""
    now = context.clock()
    with context.sessions.begin() as session:
        deleted = runs.delete_old(session, now=now, keep=RETENTION, keep_idle=IDLE_RETENTION)
        deleted += idempotency.delete_expired(session, now=now)
    return {"deleted": deleted} if deleted else {}
