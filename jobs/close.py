"""The job `close`: stories that went quiet are closed; a later report reopens them."""

from jobs.context import Context, Counts
from service.store import locks, plans, stories
from service.store.stories import Happening


def close(context: Context) -> Counts:
    """Close the open stories without a report for the set number of days."""
    now = context.clock()
    with context.sessions.begin() as session:
        locks.serialise(session, plans.LOCK)
        closed = stories.close(session, quiet_since=context.settings.life.quiet_since(now))
        happenings = [Happening(story, "closed") for story in closed]
        stamp = plans.stamp(session, now, "age", context.run_id)
        stories.record(session, happenings, stamp)
        plans.settle(session, closed, stamp)
    return {"closed": len(closed)} if closed else {}
