"""Job `close`: close stories whose last report is old; a later report reopens them."""

from jobs.running.context import Context, Counts
from service.store.database import locks
from service.store.stories import apply_plan, stories
from service.store.stories.stories import NewTransition


def close(context: Context) -> Counts:
    """Close open stories whose last report is older than the configured number of days."""
    now = context.clock()
    quiet_since = context.settings.lifecycle.quiet_since(now)
    with context.sessions.begin() as session:
        locks.lock_until_commit(session, apply_plan.LOCK)
        closed = stories.close_quiet(session, quiet_since=quiet_since)
        transitions = [NewTransition(story, "closed") for story in closed]
        stamp = apply_plan.new_stamp(session, now, "age", context.run_id)
        stories.record_transitions(session, transitions, stamp)
        apply_plan.refresh_derived(session, closed, stamp)
    return {"closed": len(closed)} if closed else {}
