"""Writing a plan: the only place where stories begin, end, gain or lose articles."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from service.domain.articles.model import ArticleId
from service.domain.grouping.evidence import Reason
from service.domain.grouping.lineage import Membership, Plan
from service.store.editing import marks, story_edits
from service.store.stories import languages, stories, versions
from service.store.stories.stories import NewTransition, NewMembership, Stamp

#: Name of the lock that whoever changes stories holds.
LOCK = "stories"


def new_stamp(session: Session, now: datetime, cause: str, run_id: int | None = None) -> Stamp:
    """What the caller's changes are signed with: an instant of their own. The caller holds `LOCK`."""
    return Stamp(versions.next_instant(session, now), cause, run_id)


def refresh_derived(session: Session, story_ids: Iterable[str], new_stamp: Stamp) -> None:
    """Let these stories' rows, just written, fit members and editors; keep how they stand from now on.

    The last step of every transaction that writes rows of stories.
    """
    ids = list(story_ids)
    languages.refresh(session, ids)
    marks.refresh(session, ids)
    versions.record_versions(session, ids, at=new_stamp.now)


def apply_plan(
    session: Session,
    plan: Plan,
    new_stamp: Stamp,
    *,
    reported_at: Mapping[int, datetime],
    quiet_since: datetime,
    reasons: Mapping[ArticleId, Reason],
    settled: Iterable[str] = (),
) -> dict[str, int]:
    """Write a plan within the caller's transaction; how often each transition happened.

    A closed story that gains a report since `quiet_since` reopens. The caller holds `LOCK`, so
    the plan still fits what is stored. `settled` names stories beyond the plan whose rows the
    caller changed.
    """
    first: dict[str, datetime] = {}
    for opened in plan.opened:
        moment = reported_at[int(opened.article)]
        first[opened.story] = min(first.get(opened.story, moment), moment)
    emerged = {story.id: first[story.id] for story in plan.emerged}
    parents = {story.id: story.split_from for story in plan.emerged if story.split_from}
    stories.create(session, emerged, new_stamp, split_from=parents)
    led = story_edits.revive_stories(session, plan.revived)
    gone = {each.article for each in plan.closed} - {each.article for each in plan.opened}
    story_edits.close_memberships(session, [int(key) for key in gone], new_stamp)
    stories.move_articles(session, [_joining(each, reasons) for each in plan.opened], new_stamp)
    led |= stories.redirect_merged(session, {merge.story: merge.into for merge in plan.merged})
    happenings = [
        NewTransition(line.story, line.kind, [int(key) for key in line.articles], line.other)
        for line in plan.transitions
    ]
    stories.record_transitions(session, happenings, new_stamp)
    changed = {line.story for line in plan.transitions}
    stories.mark_changed(session, changed, new_stamp)
    reopened = stories.reopen(session, changed, reported_since=quiet_since)
    stories.record_transitions(session, [NewTransition(story, "reopened") for story in reopened], new_stamp)
    shut = story_edits.close_empty(session, changed)
    stories.record_transitions(session, [NewTransition(story, "closed") for story in shut], new_stamp)
    refresh_derived(session, changed.union(led, settled), new_stamp)
    return dict(
        Counter([*(line.kind for line in plan.transitions), *("reopened" for _ in reopened)])
    )


def _joining(opened: Membership, reasons: Mapping[ArticleId, Reason]) -> NewMembership:
    reason = reasons.get(opened.article, Reason())
    return NewMembership(int(opened.article), opened.story, reason.score, reason.evidence)
