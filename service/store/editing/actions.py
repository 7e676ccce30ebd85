"""Editors' decisions: check for conflicts, apply at once, store constraints for later runs.

Each function makes one decision within the open transaction, acquires the lock of all writers of
stories, and returns the decision as recorded in the audit log.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from service.domain.articles.article_types import ArticleType
from service.domain.editing import effects
from service.domain.editing.effects import StoryEdit
from service.domain.grouping import constraints as rules
from service.domain.grouping.reason import Reason
from service.domain.grouping.story_changes import ExistingStory
from service.errors import BadInputError, NotFoundError
from service.store.articles import articles
from service.store.database import locks
from service.store.editing import audit_log, story_edits, type_corrections
from service.store.editing.audit_log import Decision, Mark
from service.store.stories import apply_plan, constraints, stories
from service.store.stories.stories import NewTransition, Stamp
from service.store.tables import StoryRow


@dataclass(frozen=True, slots=True)
class EditorAction:
    """Editor, reason and time of a decision.

    Closed stories reopen if their last report is not older than `quiet_since`.
    """

    editor: str
    reason: str
    now: datetime
    quiet_since: datetime


def merge(session: Session, action: EditorAction, story_ids: Sequence[str]) -> Decision:
    """Merge stories into the first one.

    Raises:
        NotFoundError: one of the stories does not exist.
        BadInputError: all ids belong to the same story.
        DecisionConflictError: active decisions separate, lock or hide the stories.
    """
    locks.lock_until_commit(session, apply_plan.LOCK)
    ids = list(dict.fromkeys(resolve_story_id(session, story) for story in story_ids))
    if len(ids) == 1:
        raise BadInputError(
            f"Invalid stories: all ids belong to story {ids[0]}; specify another story"
        )
    conflicting = audit_log.find_decisions_on_stories(session, ids, ("lock", "hide"))
    audit_log.require_no_conflicts(session, conflicting)
    edit = effects.plan_merge(_load_in_order(session, ids))
    return _record_and_apply(session, action, edit, kind="merge", story=ids[0])


def split(
    session: Session, action: EditorAction, story_id: str, article_ids: Collection[int]
) -> Decision:
    """Split articles off a story into a new one.

    Raises:
        NotFoundError: the story does not exist, or does not contain one of the articles.
        BadInputError: the articles are none or all of the story's articles.
        DecisionConflictError: active decisions link the articles or lock the story.
    """
    locks.lock_until_commit(session, apply_plan.LOCK)
    [story] = _load_in_order(session, [resolve_story_id(session, story_id)])
    leaving = set(article_ids)
    for article in sorted(leaving - story.members):
        raise NotFoundError("article", article, f"Article {article} is not in story {story.id}")
    if not leaving or leaving == story.members:
        raise BadInputError(
            f"Invalid articles: specify some but not all of the {len(story.members)} articles of "
            f"story {story.id}"
        )
    conflicting = audit_log.find_decisions_on_stories(session, [story.id], ("lock",))
    audit_log.require_no_conflicts(session, conflicting)
    edit = effects.plan_split(story, leaving, is_taken=lambda key: stories.is_taken(session, key))
    return _record_and_apply(session, action, edit, kind="split", story=story.id)


def move(session: Session, action: EditorAction, article_id: int, story_id: str) -> Decision:
    """Move an article to another story.

    Raises:
        NotFoundError: the story does not exist, or the article is in no story.
        BadInputError: the article is already in this story.
        DecisionConflictError: active decisions link the article to others or lock a story.
    """
    locks.lock_until_commit(session, apply_plan.LOCK)
    target = resolve_story_id(session, story_id)
    source = get_story_of_article(session, article_id)
    if source == target:
        raise BadInputError(
            f"Invalid story {target}: already contains article {article_id}; name another story"
        )
    ids = [source, target]
    conflicting = audit_log.find_decisions_on_stories(session, ids, ("lock",))
    audit_log.require_no_conflicts(session, conflicting)
    edit = effects.plan_move(article_id, *_load_in_order(session, ids))
    return _record_and_apply(session, action, edit, kind="move", story=target)


def mark_story(
    session: Session, action: EditorAction, kind: str, story_id: str, *, value: str | None = None
) -> Decision:
    """Pin, hide, rename or lock a story; `value` is the new headline.

    Raises:
        NotFoundError: the story does not exist.
        DecisionConflictError: the story already has this mark or an incompatible one.
    """
    locks.lock_until_commit(session, apply_plan.LOCK)
    story = resolve_story_id(session, story_id)
    incompatible = {"pin": ("pin", "hide"), "hide": ("hide", "pin")}.get(kind, (kind,))
    conflicting = [*audit_log.find_decisions_on_stories(session, [story], incompatible)]
    if kind == "rename":
        conflicting += audit_log.find_decisions_on_articles(
            session, _members(session, story), ("pin",)
        )
    audit_log.require_no_conflicts(session, conflicting)
    mark = Mark(kind, story_id=story, value=value)
    return _record_and_apply(session, action, effects.NO_EDIT, kind=kind, story=story, marks=[mark])


def pin_article(session: Session, action: EditorAction, article_id: int) -> Decision:
    """Use an article's title as the headline of its story, now and after it moves.

    Raises:
        NotFoundError: the article is in no story.
        DecisionConflictError: another article is pinned in the story, or the story is renamed.
    """
    locks.lock_until_commit(session, apply_plan.LOCK)
    story = get_story_of_article(session, article_id)
    conflicting = [
        *audit_log.find_decisions_on_stories(session, [story], ("rename",)),
        *audit_log.find_decisions_on_articles(session, _members(session, story), ("pin",)),
    ]
    audit_log.require_no_conflicts(session, conflicting)
    mark = Mark("pin", article_id=article_id)
    return _record_and_apply(
        session, action, effects.NO_EDIT, kind="pin", story=story, marks=[mark]
    )


def hide_article(session: Session, action: EditorAction, article_id: int) -> Decision:
    """Remove an article from its story and exclude it from all stories.

    Raises:
        NotFoundError: the article does not exist.
        DecisionConflictError: the article is hidden or pinned already, or its story is locked.
    """
    locks.lock_until_commit(session, apply_plan.LOCK)
    if not articles.load_report_times(session, [article_id]):
        raise NotFoundError("article", article_id)
    story = stories.story_of(session, [article_id]).get(article_id)
    conflicting = [*audit_log.find_decisions_on_articles(session, [article_id], ("hide", "pin"))]
    conflicting += audit_log.find_decisions_on_stories(session, [story] if story else [], ("lock",))
    audit_log.require_no_conflicts(session, conflicting)
    if story and stories.headline_article_id(session, story) == article_id:
        story_edits.clear_headlines(session, [story])  # the hidden title must not stay visible
    mark = Mark("hide", article_id=article_id)
    edit = effects.plan_hide(article_id, story)
    return _record_and_apply(session, action, edit, kind="hide", story=story, marks=[mark])


def set_type(
    session: Session, action: EditorAction, article_id: int, corrected: ArticleType
) -> Decision:
    """Correct the type of an article; revisions and later classifications do not change it.

    Raises:
        NotFoundError: the article does not exist.
        DecisionConflictError: the type is corrected already; or the article would leave its story,
            but it is pinned or the story is locked.
    """
    locks.lock_until_commit(session, apply_plan.LOCK)
    before = type_corrections.require_type(session, article_id)
    story = stories.story_of(session, [article_id]).get(article_id)
    leaves_story = before.joins_stories and not corrected.joins_stories
    kinds = ("set_type", "pin") if leaves_story else ("set_type",)
    conflicting = [*audit_log.find_decisions_on_articles(session, [article_id], kinds)]
    if story and leaves_story:
        conflicting += audit_log.find_decisions_on_stories(session, [story], ("lock",))
    audit_log.require_no_conflicts(session, conflicting)
    type_corrections.correct_type(session, article_id, corrected)
    mark = Mark("set_type", article_id=article_id, value=corrected)
    return _record_and_apply(
        session, action, effects.NO_EDIT, kind="set_type", story=story, marks=[mark]
    )


def resolve_story_id(session: Session, story_id: str) -> str:
    """The id of a story, or of the survivor if the story was merged.

    Raises:
        NotFoundError: the story does not exist.
    """
    row = session.get(StoryRow, story_id, populate_existing=True)
    if row is None:
        raise NotFoundError("story", story_id)
    return row.merged_into or row.id


def get_story_of_article(session: Session, article_id: int) -> str:
    """The id of an article's current story.

    Raises:
        NotFoundError: the article is in no story.
    """
    story_of = stories.story_of(session, [article_id])
    if article_id not in story_of:
        raise NotFoundError("story", article_id, f"Article {article_id} is in no story")
    return story_of[article_id]


def record_mark_transition(
    session: Session, story_ids: Iterable[str], kind: str | None, stamp: Stamp
) -> None:
    """Record the transition `kind` from `effects.mark_transition`, if any, for these stories."""
    if kind is not None:
        transitions = [NewTransition(each, kind) for each in story_ids]
        stories.record_transitions(session, transitions, stamp)


def apply_edit(
    session: Session,
    action: EditorAction,
    stamp: Stamp,
    edit: StoryEdit,
    *,
    also_changed: Iterable[str] = (),
) -> None:
    """Write the plan of an edit; `also_changed` names changed stories outside the plan."""
    moved = [int(each.article) for each in edit.plan.started]
    reason = Reason(None, {"editor": action.editor, "decision": stamp.decision_id})
    apply_plan.apply_plan(
        session,
        edit.plan,
        stamp,
        reported_at=articles.load_report_times(session, moved),
        quiet_since=action.quiet_since,
        reasons=dict.fromkeys(moved, reason),
        also_changed=also_changed,
    )


def _record_and_apply(
    session: Session,
    action: EditorAction,
    edit: StoryEdit,
    *,
    kind: str,
    story: str | None,
    marks: Sequence[Mark] = (),
) -> Decision:
    """Check the edit against active constraints, record the decision and apply it."""
    conflicting = rules.conflicting_decisions(constraints.load_active(session), edit.constraints)
    audit_log.require_no_conflicts(session, conflicting)
    stamp = apply_plan.new_stamp(session, action.now, "editor")
    number = audit_log.add(
        session, kind, story, editor=action.editor, reason=action.reason, at=stamp.now
    )
    audit_log.add_constraints(session, number, edit.constraints, marks)
    stamp = replace(stamp, decision_id=number)
    affected = [story] if story else []
    for mark in marks:
        transition = effects.mark_transition(mark.kind, article=mark.article_id is not None)
        record_mark_transition(session, affected, transition, stamp)
    apply_edit(session, action, stamp, edit, also_changed=affected)
    return audit_log.get(session, number)


def _load_in_order(session: Session, ids: Sequence[str]) -> list[ExistingStory]:
    """These stories in the given order; NotFoundError for a story without articles."""
    story_by_id = {story.id: story for story in stories.load_stories(session, ids)}
    for story in ids:
        if story not in story_by_id:
            raise NotFoundError("articles", story, f"Story {story} has no articles")
    return [story_by_id[story] for story in ids]


def _members(session: Session, story_id: str) -> list[int]:
    return stories.members(session, [story_id]).get(story_id, [])
