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
from service.store.stories.stories import Happening, Joining, Stamp

#: Name of the lock that whoever changes stories holds.
LOCK = "stories"


def stamp(session: Session, now: datetime, cause: str, run_id: int | None = None) -> Stamp:
    """What the caller's changes are signed with: an instant of their own. The caller holds `LOCK`."""
    return Stamp(versions.next_instant(session, now), cause, run_id)


def settle(session: Session, story_ids: Iterable[str], stamp: Stamp) -> None:
    """Let these stories' rows, just written, fit members and editors; keep how they stand from now on.

    The last step of every transaction that writes rows of stories.
    """
    ids = list(story_ids)
    languages.refresh(session, ids)
    marks.refresh(session, ids)
    versions.keep(session, ids, at=stamp.now)


def apply(
    session: Session,
    plan: Plan,
    stamp: Stamp,
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
    stories.create(session, emerged, stamp, split_from=parents)
    led = story_edits.revive(session, plan.revived)
    gone = {each.article for each in plan.closed} - {each.article for each in plan.opened}
    story_edits.leave(session, [int(key) for key in gone], stamp)
    stories.move(session, [_joining(each, reasons) for each in plan.opened], stamp)
    led |= stories.merge(session, {merge.story: merge.into for merge in plan.merged})
    happenings = [
        Happening(line.story, line.kind, [int(key) for key in line.articles], line.other)
        for line in plan.transitions
    ]
    stories.record(session, happenings, stamp)
    changed = {line.story for line in plan.transitions}
    stories.touch(session, changed, stamp)
    reopened = stories.reopen(session, changed, reported_since=quiet_since)
    stories.record(session, [Happening(story, "reopened") for story in reopened], stamp)
    shut = story_edits.shut_empty(session, changed)
    stories.record(session, [Happening(story, "closed") for story in shut], stamp)
    settle(session, changed.union(led, settled), stamp)
    return dict(
        Counter([*(line.kind for line in plan.transitions), *("reopened" for _ in reopened)])
    )


def _joining(opened: Membership, reasons: Mapping[ArticleId, Reason]) -> Joining:
    reason = reasons.get(opened.article, Reason())
    return Joining(int(opened.article), opened.story, reason.score, reason.evidence)
