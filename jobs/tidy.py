"""The job `tidy`: forgets accounts of runs and fetches, and answers, that nobody will ask for."""

from datetime import timedelta

from jobs.running.context import Context, Counts
from service.store.access import idempotency
from service.store.database import runs

KEEP = timedelta(days=30)
KEEP_IDLE = timedelta(days=1)


def tidy(context: Context) -> Counts:
    """Remove old accounts of runs and fetches, and kept answers; articles and stories stay."""
    now = context.clock()
    with context.sessions.begin() as session:
        forgotten = runs.forget(session, now=now, keep=KEEP, keep_idle=KEEP_IDLE)
        forgotten += idempotency.forget(session, now=now)
    return {"forgotten": forgotten} if forgotten else {}
