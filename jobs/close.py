"""The job `close`: stories that went quiet are closed; a later report reopens them."""

from jobs.running.context import Context, Counts
from service.store.database import locks
from service.store.stories import apply_plan, stories
from service.store.stories.stories import NewTransition


def close(context: Context) -> Counts:
    """Close the open stories without a report for the set number of days."""
    now = context.clock()
    with context.sessions.begin() as session:
        locks.serialise(session, apply_plan.LOCK)
        closed = stories.close(session, quiet_since=context.settings.lifecycle.quiet_since(now))
        happenings = [NewTransition(story, "closed") for story in closed]
        stamp = apply_plan.new_stamp(session, now, "age", context.run_id)
        stories.record_transitions(session, happenings, stamp)
        apply_plan.refresh_derived(session, closed, stamp)
    return {"closed": len(closed)} if closed else {}
