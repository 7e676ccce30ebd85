"""Editors' acts: checked against what stands, applied at once, obeyed from then on.

Each function is one decision within the caller's transaction, waits for whoever changes
stories, and returns the decision as it is on record.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from service.domain.editing import effects
from service.domain.editing.effects import StoryEdit
from service.domain.grouping import constraints as rules
from service.domain.grouping.evidence import Reason
from service.domain.grouping.lineage import ExistingStory
from service.errors import BadInputError, NotFoundError
from service.store.articles import articles
from service.store.database import locks
from service.store.editing import audit_log, story_edits
from service.store.editing.audit_log import Decision, Mark
from service.store.stories import apply_plan, constraints, stories
from service.store.stories.stories import NewTransition, Stamp
from service.store.tables import StoryRow


@dataclass(frozen=True, slots=True)
class EditorAction:
    """Who acts, why and when; closed stories reopen if they were reported since `quiet_since`."""

    by: str
    why: str
    now: datetime
    quiet_since: datetime


def merge(session: Session, act: EditorAction, story_ids: Sequence[str]) -> Decision:
    """Let stories become the first of them.

    Raises:
        NotFoundError: there is no such story.
        BadInputError: they are one story already.
        DecisionConflictError: decisions that stand keep them apart, locked or hidden.
    """
    locks.lock_until_commit(session, apply_plan.LOCK)
    ids = list(dict.fromkeys(resolve_story_id(session, story) for story in story_ids))
    if len(ids) == 1:
        raise BadInputError(f"that is one story already: {ids[0]}")
    audit_log.require_no_conflicts(session, audit_log.decisions_on_stories(session, ids, ("lock", "hide")))
    return _carry_out(
        session, act, effects.plan_merge(_known(session, ids)), action="merge", story=ids[0]
    )


def split(session: Session, act: EditorAction, story_id: str, article_ids: Collection[int]) -> Decision:
    """Let some articles of a story leave for a new one.

    Raises:
        NotFoundError: there is no such story, or one of the articles is not in it.
        BadInputError: no article would stay, or none leave.
        DecisionConflictError: decisions that stand bind them together, or the story is locked.
    """
    locks.lock_until_commit(session, apply_plan.LOCK)
    [story] = _known(session, [resolve_story_id(session, story_id)])
    leaving = set(article_ids)
    for article in sorted(leaving - story.members):
        raise NotFoundError(f"article in story {story.id}:", article)
    if not leaving or leaving == story.members:
        raise BadInputError(
            f"a split of story {story.id} must name some of its {len(story.members)} articles, "
            "not all"
        )
    audit_log.require_no_conflicts(session, audit_log.decisions_on_stories(session, [story.id], ("lock",)))
    edit = effects.plan_split(story, leaving, is_taken=lambda key: stories.is_taken(session, key))
    return _carry_out(session, act, edit, action="split", story=story.id)


def move(session: Session, act: EditorAction, article_id: int, story_id: str) -> Decision:
    """Let an article leave its story for another one.

    Raises:
        NotFoundError: there is no such story, or the article is in none.
        BadInputError: it is there already.
        DecisionConflictError: decisions that stand bind it to others, or one of the stories is locked.
    """
    locks.lock_until_commit(session, apply_plan.LOCK)
    target = resolve_story_id(session, story_id)
    source = story_containing(session, article_id)
    if source == target:
        raise BadInputError(f"article {article_id} is in story {target} already")
    ids = [source, target]
    audit_log.require_no_conflicts(session, audit_log.decisions_on_stories(session, ids, ("lock",)))
    edit = effects.plan_move(article_id, *_known(session, ids))
    return _carry_out(session, act, edit, action="move", story=target)


def mark_story(
    session: Session, act: EditorAction, action: str, story_id: str, *, value: str | None = None
) -> Decision:
    """Pin, hide, rename or lock a story.

    Raises:
        NotFoundError: there is no such story.
        DecisionConflictError: it is marked so already, or in a way that rules this out.
    """
    locks.lock_until_commit(session, apply_plan.LOCK)
    story = resolve_story_id(session, story_id)
    forbidding = {"pin": ("pin", "hide"), "hide": ("hide", "pin")}.get(action, (action,))
    against = [*audit_log.decisions_on_stories(session, [story], forbidding)]
    if action == "rename":
        against += audit_log.decisions_on_articles(session, _members(session, story), ("pin",))
    audit_log.require_no_conflicts(session, against)
    mark = Mark(action, story_id=story, value=value)
    return _carry_out(session, act, effects.NO_EDIT, action=action, story=story, marks=[mark])


def pin_article(session: Session, act: EditorAction, article_id: int) -> Decision:
    """Let an article's title be the headline of whatever story it is in.

    Raises:
        NotFoundError: the article is in no story.
        DecisionConflictError: the story has another pinned headline or an editor's own.
    """
    locks.lock_until_commit(session, apply_plan.LOCK)
    story = story_containing(session, article_id)
    against = [
        *audit_log.decisions_on_stories(session, [story], ("rename",)),
        *audit_log.decisions_on_articles(session, _members(session, story), ("pin",)),
    ]
    audit_log.require_no_conflicts(session, against)
    mark = Mark("pin", article_id=article_id)
    return _carry_out(session, act, effects.NO_EDIT, action="pin", story=story, marks=[mark])


def hide_article(session: Session, act: EditorAction, article_id: int) -> Decision:
    """Let an article belong to no story, whatever a job thinks of it.

    Raises:
        NotFoundError: there is no such article.
        DecisionConflictError: it is hidden or pinned already, or its story is locked.
    """
    locks.lock_until_commit(session, apply_plan.LOCK)
    if not articles.reported_at(session, [article_id]):
        raise NotFoundError("article", article_id)
    story = stories.story_of(session, [article_id]).get(article_id)
    against = [*audit_log.decisions_on_articles(session, [article_id], ("hide", "pin"))]
    against += audit_log.decisions_on_stories(session, [story] if story else [], ("lock",))
    audit_log.require_no_conflicts(session, against)
    if story and stories.headline_article_id(session, story) == article_id:
        story_edits.clear_headlines(session, [story])  # its title is to be read nowhere
    mark = Mark("hide", article_id=article_id)
    return _carry_out(
        session, act, effects.plan_hide(article_id, story), action="hide", story=story, marks=[mark]
    )


def resolve_story_id(session: Session, story_id: str) -> str:
    """The story that an id leads to; NotFoundError if there is none."""
    row = session.get(StoryRow, story_id, populate_existing=True)
    if row is None:
        raise NotFoundError("story", story_id)
    return row.merged_into or row.id


def story_containing(session: Session, article_id: int) -> str:
    """The story an article is in; NotFoundError if it is in none."""
    found = stories.story_of(session, [article_id])
    if article_id not in found:
        raise NotFoundError("story with the article", article_id)
    return found[article_id]


def record_mark(session: Session, story_ids: Iterable[str], kind: str | None, stamp: Stamp) -> None:
    """Let followers know what became of stories by a mark or its end; `kind` is of `marked`."""
    if kind is not None:
        stories.record_transitions(session, [NewTransition(each, kind) for each in story_ids], stamp)


def apply_edit(
    session: Session, act: EditorAction, stamp: Stamp, edit: StoryEdit, *, settled: Iterable[str] = ()
) -> None:
    """Write an edit's plan; stories without a part in it that changed are `settled`, too."""
    moved = [int(each.article) for each in edit.plan.opened]
    reason = Reason(None, {"editor": act.by, "decision": stamp.decision_id})
    apply_plan.apply_plan(
        session,
        edit.plan,
        stamp,
        reported_at=articles.reported_at(session, moved),
        quiet_since=act.quiet_since,
        reasons=dict.fromkeys(moved, reason),
        settled=settled,
    )


def _carry_out(
    session: Session,
    act: EditorAction,
    edit: StoryEdit,
    *,
    action: str,
    story: str | None,
    marks: Sequence[Mark] = (),
) -> Decision:
    against = rules.conflicting_decisions(constraints.load_active(session), edit.constraints)
    audit_log.require_no_conflicts(session, against)
    stamp = apply_plan.new_stamp(session, act.now, "editor")
    number = audit_log.add(session, action, story, by=act.by, why=act.why, at=stamp.now)
    audit_log.add_constraints(session, number, edit.constraints, marks)
    signed = Stamp(stamp.now, stamp.cause, None, number)
    about = [story] if story else []
    for mark in marks:
        kind = effects.mark_transition(mark.kind, article=mark.article_id is not None)
        record_mark(session, about, kind, signed)
    apply_edit(session, act, signed, edit, settled=about)
    return audit_log.get(session, number)


def _known(session: Session, ids: Sequence[str]) -> list[ExistingStory]:
    """These stories in the order asked for; NotFoundError where no article is left in one."""
    found = {story.id: story for story in stories.load_stories(session, ids)}
    for story in ids:
        if story not in found:
            raise NotFoundError("articles in story", story)
    return [found[story] for story in ids]


def _members(session: Session, story_id: str) -> list[int]:
    return stories.members(session, [story_id]).get(story_id, [])
