"""Undo an editor's decision: revoke its constraints and move its articles back."""

from dataclasses import replace

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from service.domain.editing.effects import StoryEdit, mark_transition, plan_undo
from service.domain.grouping.constraints import Constraints
from service.domain.grouping.story_changes import ExistingStory
from service.errors import BadInputError
from service.store.articles import articles
from service.store.database import locks
from service.store.editing import audit_log, marks, story_edits, type_corrections
from service.store.editing.actions import (
    EditorAction,
    apply_edit,
    record_mark_transition,
    resolve_story_id,
)
from service.store.editing.audit_log import Decision
from service.store.stories import apply_plan, constraints, stories
from service.store.tables import MembershipRow, StoryRow, TransitionRow


def undo(session: Session, action: EditorAction, number: int) -> Decision:
    """Undo a decision within the open transaction; later decisions stay active.

    Articles that have not moved since the decision move back to their former stories. All
    articles that left the same story move back together. If an active decision forbids that, or
    the story is locked or hidden, all of them stay. A hidden article that cannot move back is
    placed again like a new one. A merged story is revived under its own id if articles move back
    to it. An article whose type was corrected gets its type by the rule.

    Raises:
        NotFoundError: the decision does not exist.
        BadInputError: the decision is already undone.
    """
    locks.lock_until_commit(session, apply_plan.LOCK)
    decision = audit_log.get(session, number)
    if decision.undone_at:
        raise BadInputError(
            f"Invalid decision {number}: already undone by {decision.undone_by} at "
            f"{decision.undone_at:%F %T}; name an active decision"
        )
    stamp = apply_plan.new_stamp(session, action.now, "editor")
    audit_log.revoke(session, number, editor=action.editor, reason=action.reason, at=stamp.now)
    affected = [resolve_story_id(session, decision.story_id)] if decision.story_id else []
    if decision.action in {"pin", "set_type"}:
        affected += stories.story_of(session, decision.article_ids).values()
    if decision.action == "rename" or (decision.action == "pin" and decision.article_ids):
        story_edits.clear_headlines(session, affected)
    if decision.action == "set_type":
        for article_id in decision.article_ids:
            type_corrections.correct_type(session, article_id, None)
    stamp = replace(stamp, decision_id=number)
    kind = mark_transition(decision.action, article=bool(decision.article_ids), undone=True)
    record_mark_transition(session, dict.fromkeys(affected), kind, stamp)
    apply_edit(session, action, stamp, _plan_reversal(session, decision), also_changed=affected)
    if decision.action == "hide":
        _queue_for_placement(session, set(decision.article_ids))
    return audit_log.get(session, number)


def _queue_for_placement(session: Session, article_ids: set[int]) -> None:
    """Let the job `place` process formerly hidden articles that are in no story."""
    in_story = stories.story_of(session, article_ids).keys()
    unplaced = article_ids - in_story - marks.find_hidden_articles(session, article_ids)
    for stage in ("placed", "reconciled"):
        articles.advance_stage(session, unplaced, before=stage, after="admitted")


def _plan_reversal(session: Session, decision: Decision) -> StoryEdit:
    """The edit that moves articles back where active constraints allow it."""
    former, revived = _find_former_stories(session, decision)
    active = constraints.load_active(session, touching=former)
    links = {
        together: frozenset(each.link for each in active if each.together is together)
        for together in (True, False)
    }
    article_ids = former.keys() | {int(key) for each in active for key in each.link}
    story_of = stories.story_of(session, article_ids)
    involved = set(former.values()) | {story_of[key] for key in former if key in story_of}
    with_articles = stories.load_stories(session, involved - revived)
    empty_ids = involved - {story.id for story in with_articles}
    statement = select(StoryRow.id, StoryRow.emerged_at).where(StoryRow.id.in_(empty_ids))
    empty = [ExistingStory(key, at, frozenset()) for key, at in session.execute(statement)]
    plan = plan_undo(
        [*with_articles, *empty],
        former,
        story_of=story_of,
        constraints=Constraints(links[True], links[False]),
        revived=revived,
    )
    return StoryEdit(plan)


def _find_former_stories(session: Session, decision: Decision) -> tuple[dict[int, str], set[str]]:
    """The story that each unmoved article moves back to, and the merged stories among them."""
    merged = _find_merged_stories(session, decision)
    left = _find_left_stories(session, decision)
    current = stories.story_of(session, left)
    frozen = marks.find_frozen_stories(session)
    former = {}
    for article, old in left.items():
        story = old if old in merged else resolve_story_id(session, old)
        if current.get(article) != story and not frozen & {story, current.get(article)}:
            former[article] = story
    return former, merged & set(former.values())


def _find_merged_stories(session: Session, decision: Decision) -> set[str]:
    """Stories that the decision merged and that were not revived since."""
    statement = (
        select(TransitionRow.story_id)
        .join(StoryRow, StoryRow.id == TransitionRow.story_id)
        .where(TransitionRow.decision_id == decision.id, TransitionRow.kind == "merged")
        .where(TransitionRow.at == decision.made_at, StoryRow.state == "merged")
    )
    return set(session.scalars(statement))


def _find_left_stories(session: Session, decision: Decision) -> dict[int, str]:
    """The story that each article left by the decision, without articles that moved since.

    Each change has a unique timestamp, so a membership that ended at the time of the decision ended
    because of the decision.
    """
    later = aliased(MembershipRow)
    statement = (
        select(MembershipRow.article_id, MembershipRow.story_id)
        .outerjoin(
            later,
            and_(
                later.article_id == MembershipRow.article_id,
                later.valid_from >= decision.made_at,
                or_(later.valid_from > decision.made_at, later.valid_until.is_not(None)),
            ),
        )
        .where(MembershipRow.valid_until == decision.made_at, later.id.is_(None))
    )
    return dict(session.execute(statement).all())
