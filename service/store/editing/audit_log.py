"""Audit log of editors' decisions, with their constraints and whether they are still active."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.grouping.constraints import Constraints
from service.errors import DecisionConflictError, NotFoundError
from service.store.tables import ConstraintRow, DecisionRow, StoryRow, TransitionRow


@dataclass(frozen=True, slots=True)
class Mark:
    """A constraint on one story or one article: pin, hide, rename, lock or set_type."""

    kind: str
    story_id: str | None = None
    article_id: int | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of an editor; `undone_at` is None while it is active."""

    id: int
    action: str
    story_id: str | None
    made_by: str
    made_at: datetime
    reason: str
    undone_by: str | None
    undone_at: datetime | None
    undone_reason: str | None
    other_story_ids: tuple[str, ...]  #: merged, split off or left by a moved article
    article_ids: tuple[int, ...]  #: moved, pinned, hidden or corrected articles
    value: str | None  #: an editor's headline, or the type of an article

    def describe(self) -> str:
        """The decision as one line for error messages."""
        about = self.story_id or " ".join(map(str, self.article_ids))
        reason = f": “{self.reason}”" if self.reason else ""
        return (
            f"decision {self.id} "
            f"({self.action} {about}, {self.made_by}, {self.made_at:%F %T}{reason})"
        )


def add(
    session: Session, action: str, story_id: str | None, *, editor: str, reason: str, at: datetime
) -> int:
    """Insert a decision; returns its id."""
    row = DecisionRow(action=action, story_id=story_id, made_by=editor, made_at=at, reason=reason)
    session.add(row)
    session.flush()
    return row.id


def add_constraints(
    session: Session, decision: int, constraints: Constraints, marks: Iterable[Mark] = ()
) -> None:
    """Insert the constraints that a decision puts on every later run."""
    values: list[dict[str, Any]] = [
        {"kind": kind, "article_id": one, "other_article_id": other}
        for kind, links in (
            ("must_link", constraints.must_link),
            ("cannot_link", constraints.cannot_link),
        )
        for one, other in sorted(links)
    ]
    values += [
        {
            "kind": mark.kind,
            "story_id": mark.story_id,
            "article_id": mark.article_id,
            "value": mark.value,
        }
        for mark in marks
    ]
    empty = dict.fromkeys(("story_id", "article_id", "other_article_id", "value"))
    if values:
        rows = [{**empty, **each, "decision_id": decision} for each in values]
        session.execute(insert(ConstraintRow), rows)


def revoke(session: Session, decision: int, *, editor: str, reason: str, at: datetime) -> None:
    """Mark a decision as undone and revoke its constraints."""
    session.execute(
        update(DecisionRow)
        .where(DecisionRow.id == decision)
        .values(undone_by=editor, undone_at=at, undone_reason=reason)
    )
    session.execute(
        update(ConstraintRow).where(ConstraintRow.decision_id == decision).values(revoked_at=at)
    )


def get(session: Session, decision: int) -> Decision:
    """One decision.

    Raises:
        NotFoundError: the decision does not exist.
    """
    decisions = _load(session, [decision])
    if not decisions:
        raise NotFoundError("decision", decision)
    return decisions[0]


def list_decisions(
    session: Session,
    *,
    include_undone: bool,
    story_id: str | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[Decision]:
    """Active decisions, or all, oldest first: those with an id above `after`, at most `limit`.

    With `story_id`, only decisions about this story or with a transition of it.
    """
    statement = select(DecisionRow.id).where(DecisionRow.id > after)
    statement = statement.order_by(DecisionRow.id).limit(limit)
    if not include_undone:
        statement = statement.where(DecisionRow.undone_at.is_(None))
    if story_id is not None:
        with_transition = select(TransitionRow.decision_id).where(
            TransitionRow.story_id == story_id
        )
        about = (DecisionRow.story_id == story_id) | DecisionRow.id.in_(with_transition)
        statement = statement.where(about)
    return _load(session, list(session.scalars(statement)))


def list_latest(
    session: Session,
    *,
    before: int | None = None,
    editor: str = "",
    only_active: bool = False,
    limit: int,
) -> list[Decision]:
    """Decisions with ids below `before`, latest first; `editor` made them, in any case."""
    statement = select(DecisionRow.id).order_by(DecisionRow.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(DecisionRow.id < before)
    if editor:
        statement = statement.where(func.lower(DecisionRow.made_by) == editor.lower())
    if only_active:
        statement = statement.where(DecisionRow.undone_at.is_(None))
    return _load(session, list(session.scalars(statement)))[::-1]


def require_no_conflicts(session: Session, conflicting: Collection[int]) -> None:
    """Raise DecisionConflictError with these decisions, if there are any."""
    if conflicting:
        decisions = _load(session, conflicting)
        raise DecisionConflictError(
            [each.id for each in decisions], [each.describe() for each in decisions]
        )


def find_decisions_on_stories(
    session: Session, story_ids: Collection[str], kinds: Collection[str]
) -> dict[int, str]:
    """Active marks of these kinds on these stories, or on stories merged into them.

    Maps the id of each decision to the kind of its mark.
    """
    survivor = func.coalesce(StoryRow.merged_into, StoryRow.id)
    statement = (
        select(ConstraintRow.decision_id, ConstraintRow.kind)
        .join(StoryRow, StoryRow.id == ConstraintRow.story_id)
        .where(ConstraintRow.revoked_at.is_(None), ConstraintRow.kind.in_(kinds))
        .where(survivor.in_(story_ids))
    )
    return dict(session.execute(statement).all())


def find_decisions_on_articles(
    session: Session, article_ids: Collection[int], kinds: Collection[str]
) -> dict[int, str]:
    """Active marks of these kinds on these articles: the kind by the id of the decision."""
    statement = select(ConstraintRow.decision_id, ConstraintRow.kind).where(
        ConstraintRow.revoked_at.is_(None),
        ConstraintRow.kind.in_(kinds),
        ConstraintRow.article_id.in_(article_ids),
        ConstraintRow.other_article_id.is_(None),
    )
    return dict(session.execute(statement).all())


def _load(session: Session, ids: Collection[int]) -> list[Decision]:
    """Decisions with their articles, other stories and values, oldest first; three statements."""
    rows = session.scalars(
        select(DecisionRow).where(DecisionRow.id.in_(ids)).order_by(DecisionRow.id)
    )
    stories: dict[int, set[str]] = {}
    articles: dict[int, set[int]] = {}
    values: dict[int, str] = {}
    for decision, story, other, moved in session.execute(_select_transitions(ids)):
        stories.setdefault(decision, set()).update(each for each in (story, other) if each)
        articles.setdefault(decision, set()).update(moved)
    marks = select(ConstraintRow.decision_id, ConstraintRow.article_id, ConstraintRow.value).where(
        ConstraintRow.decision_id.in_(ids), ConstraintRow.other_article_id.is_(None)
    )
    for decision, article, value in session.execute(marks):
        if article is not None:
            articles.setdefault(decision, set()).add(article)
        if value is not None:
            values[decision] = value
    return [
        Decision(
            id=row.id,
            action=row.action,
            story_id=row.story_id,
            made_by=row.made_by,
            made_at=row.made_at,
            reason=row.reason,
            undone_by=row.undone_by,
            undone_at=row.undone_at,
            undone_reason=row.undone_reason,
            other_story_ids=tuple(sorted(stories.get(row.id, set()) - {row.story_id or ""})),
            article_ids=tuple(sorted(articles.get(row.id, ()))),
            value=values.get(row.id),
        )
        for row in rows
    ]


def _select_transitions(ids: Collection[int]) -> Any:
    """Transitions with the timestamp of each decision, not those of its undo."""
    return (
        select(
            DecisionRow.id,
            TransitionRow.story_id,
            TransitionRow.other_story_id,
            TransitionRow.article_ids,
        )
        .join(TransitionRow, TransitionRow.decision_id == DecisionRow.id)
        .where(DecisionRow.id.in_(ids), TransitionRow.at == DecisionRow.made_at)
    )
