"""Undoing an editor's decision: it asks nothing any more, and what it moved goes back."""

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from service.domain.editing.effects import StoryEdit, mark_transition, plan_undo
from service.domain.grouping.constraints import Constraints
from service.domain.grouping.lineage import ExistingStory
from service.errors import BadInputError
from service.store.articles import articles
from service.store.database import locks
from service.store.editing import audit_log, marks, story_edits
from service.store.editing.actions import EditorAction, apply_edit, resolve_story_id, record_mark
from service.store.editing.audit_log import Decision
from service.store.stories import apply_plan, constraints, stories
from service.store.stories.stories import Stamp
from service.store.tables import MembershipRow, StoryRow, TransitionRow


def undo(session: Session, act: EditorAction, number: int) -> Decision:
    """Undo a decision within the caller's transaction, whatever was decided since.

    Articles that are still where it put them go back where they were, all that left one story
    or none of them: none if a decision that stands holds them, or the story is locked or hidden.
    An article that was hidden and cannot go back waits to be placed like a new one.
    A story that it merged lives on under its own id if articles go back.

    Raises:
        NotFoundError: there is no such decision.
        BadInputError: it was undone already.
    """
    locks.lock_until_commit(session, apply_plan.LOCK)
    decision = audit_log.get(session, number)
    if decision.undone_at:
        raise BadInputError(
            f"decision {number} was undone already, by {decision.undone_by} at "
            f"{decision.undone_at:%F %T}"
        )
    stamp = apply_plan.new_stamp(session, act.now, "editor")
    audit_log.revoke(session, number, by=act.by, why=act.why, at=stamp.now)
    about = [resolve_story_id(session, decision.story_id)] if decision.story_id else []
    if decision.action == "pin":
        about += stories.story_of(session, decision.article_ids).values()
    if decision.action == "rename" or (decision.action == "pin" and decision.article_ids):
        story_edits.clear_headlines(session, about)
    signed = Stamp(stamp.now, stamp.cause, None, number)
    kind = mark_transition(decision.action, article=bool(decision.article_ids), undone=True)
    record_mark(session, dict.fromkeys(about), kind, signed)
    apply_edit(session, act, signed, _way_back(session, decision), settled=about)
    _ask_for_a_place(session, decision)
    return audit_log.get(session, number)


def _ask_for_a_place(session: Session, decision: Decision) -> None:
    """Let place find a story for articles that were hidden and are in none."""
    if decision.action != "hide":
        return
    ids = set(decision.article_ids)
    lost = ids - stories.story_of(session, ids).keys() - marks.hidden_articles(session, ids)
    for stage in ("placed", "reconciled"):
        articles.advance(session, lost, before=stage, after="admitted")


def _way_back(session: Session, decision: Decision) -> StoryEdit:
    former, revived = _former(session, decision)
    partners = constraints.load_active(session, touching=former)
    links = {
        together: frozenset(each.link for each in partners if each.together is together)
        for together in (True, False)
    }
    concerned = former.keys() | {int(key) for each in partners for key in each.link}
    homes = stories.story_of(session, concerned)
    involved = set(former.values()) | {homes[key] for key in former if key in homes}
    known = stories.load_stories(session, involved - revived)
    plan = plan_undo(
        [*known, *_empty(session, involved - {story.id for story in known})],
        former,
        story_of=homes,
        constraints=Constraints(links[True], links[False]),
        revived=revived,
    )
    return StoryEdit(plan)


def _former(session: Session, decision: Decision) -> tuple[dict[int, str], set[str]]:
    """Where articles go that still are where the decision put them; those of it that were merged."""
    merged = _merged_by(session, decision)
    left = _taken_by(session, decision)
    here = stories.story_of(session, left)
    frozen = marks.frozen_stories(session)
    back = {}
    for article, old in left.items():
        story = old if old in merged else resolve_story_id(session, old)
        if here.get(article) != story and not frozen & {story, here.get(article)}:
            back[article] = story
    return back, merged & set(back.values())


def _merged_by(session: Session, decision: Decision) -> set[str]:
    """Stories that ended by a decision and did not live on since."""
    statement = (
        select(TransitionRow.story_id)
        .join(StoryRow, StoryRow.id == TransitionRow.story_id)
        .where(TransitionRow.decision_id == decision.id, TransitionRow.kind == "merged")
        .where(TransitionRow.at == decision.made_at, StoryRow.state == "merged")
    )
    return set(session.scalars(statement))


def _taken_by(session: Session, decision: Decision) -> dict[int, str]:
    """The story that each article left by a decision, if it was not moved since.

    Each change has an instant of its own: stays that ended at the decision's ended by it.
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


def _empty(session: Session, story_ids: set[str]) -> list[ExistingStory]:
    """Stories that no article is in."""
    statement = select(StoryRow.id, StoryRow.emerged_at).where(StoryRow.id.in_(story_ids))
    return [ExistingStory(key, at, frozenset()) for key, at in session.execute(statement)]
