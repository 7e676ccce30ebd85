"""The job `tidy`: forgets accounts of runs and fetches that nobody will ask for."""

from datetime import timedelta

from jobs.context import Context, Counts
from service.store import runs

KEEP = timedelta(days=30)
KEEP_IDLE = timedelta(days=1)


def tidy(context: Context) -> Counts:
    """Remove old accounts of runs and fetches; articles and stories stay."""
    with context.sessions.begin() as session:
        forgotten = runs.forget(session, now=context.clock(), keep=KEEP, keep_idle=KEEP_IDLE)
    return {"forgotten": forgotten} if forgotten else {}
