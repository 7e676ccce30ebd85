"""Write a plan to the database: stories begin, end, gain and lose articles only here."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from service.domain.articles.model import ArticleId
from service.domain.grouping.reason import Reason
from service.domain.grouping.story_changes import Plan
from service.store.articles import copies
from service.store.editing import marks, story_edits
from service.store.stories import languages, stories, versions
from service.store.stories.stories import NewMembership, NewTransition, Stamp

#: Name of the lock that every writer of stories acquires.
LOCK = "stories"


def new_stamp(session: Session, now: datetime, cause: str, run_id: int | None = None) -> Stamp:
    """A stamp with a timestamp later than every change so far; requires `LOCK`."""
    return Stamp(versions.next_instant(session, now), cause, run_id)


def refresh_derived(session: Session, story_ids: Iterable[str], stamp: Stamp) -> None:
    """Recompute the languages and marks of changed stories and record their new versions.

    Must be the last step of every transaction that writes story rows.
    """
    ids = list(story_ids)
    languages.refresh(session, ids)
    marks.refresh(session, ids)
    versions.record_versions(session, ids, at=stamp.now)


def apply_plan(
    session: Session,
    plan: Plan,
    stamp: Stamp,
    *,
    reported_at: Mapping[int, datetime],
    quiet_since: datetime,
    reasons: Mapping[ArticleId, Reason],
    also_changed: Iterable[str] = (),
) -> dict[str, int]:
    """Write a plan within the open transaction; returns the number of transitions by kind.

    Requires `LOCK`, so that the plan matches the stored stories. Closed stories with a report
    since `quiet_since` reopen. `also_changed` names stories outside the plan whose rows changed.
    """
    first: dict[str, datetime] = {}
    for membership in plan.started:
        at = reported_at[int(membership.article)]
        first[membership.story] = min(first.get(membership.story, at), at)
    emerged = {story.id: first[story.id] for story in plan.emerged}
    parents = {story.id: story.split_from for story in plan.emerged if story.split_from}
    stories.create(session, emerged, stamp, split_from=parents)
    redirected = story_edits.revive_stories(session, plan.revived)
    leaving = {each.article for each in plan.ended} - {each.article for each in plan.started}
    story_edits.close_memberships(session, [int(key) for key in leaving], stamp)
    memberships = []
    for membership in plan.started:
        reason = reasons.get(membership.article, Reason())
        memberships.append(
            NewMembership(int(membership.article), membership.story, reason.score, reason.evidence)
        )
    stories.move_articles(session, memberships, stamp)
    moved = {int(each.article) for each in (*plan.started, *plan.ended)}
    copies.keep_in_one_story(session, moved, at=stamp.now)
    survivors = {merge.story: merge.into for merge in plan.merged}
    redirected |= stories.redirect_merged(session, survivors)
    transitions = [
        NewTransition(line.story, line.kind, [int(key) for key in line.articles], line.other)
        for line in plan.transitions
    ]
    stories.record_transitions(session, transitions, stamp)
    changed = {line.story for line in plan.transitions}
    stories.mark_changed(session, changed, stamp)
    reopened = stories.reopen_reported(session, changed, reported_since=quiet_since)
    _record(session, reopened, "reopened", stamp)
    closed = list(story_edits.close_empty(session, changed))
    _record(session, closed, "closed", stamp)
    refresh_derived(session, changed.union(redirected, also_changed), stamp)
    counts = Counter[str](line.kind for line in plan.transitions)
    counts.update(reopened=len(reopened), closed=len(closed))
    return {kind: count for kind, count in counts.items() if count}


def _record(session: Session, story_ids: Iterable[str], kind: str, stamp: Stamp) -> None:
    stories.record_transitions(session, [NewTransition(each, kind) for each in story_ids], stamp)
