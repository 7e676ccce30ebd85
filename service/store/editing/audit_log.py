"""The book of editors' decisions: who decided what, when and why, and whether it stands."""

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
    """A constraint on one story or one article: pin, hide, rename or lock."""

    kind: str
    story_id: str | None = None
    article_id: int | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One act of an editor; `undone_at` is None while it stands."""

    id: int
    action: str
    story_id: str | None
    made_by: str
    made_at: datetime
    reason: str
    undone_by: str | None
    undone_at: datetime | None
    undone_reason: str | None
    other_story_ids: tuple[str, ...]  #: that it merged, split off or took from
    article_ids: tuple[int, ...]  #: that it moved, pinned or hid
    value: str | None  #: an editor's headline

    def told(self) -> str:
        """The decision in a few words."""
        about = self.story_id or " ".join(map(str, self.article_ids))
        why = f": “{self.reason}”" if self.reason else ""
        return (
            f"decision {self.id} ({self.action} {about}, {self.made_by}, {self.made_at:%F %T}{why})"
        )


def add(
    session: Session, action: str, story_id: str | None, *, by: str, why: str, at: datetime
) -> int:
    """Enter a decision; its number."""
    row = DecisionRow(action=action, story_id=story_id, made_by=by, made_at=at, reason=why)
    session.add(row)
    session.flush()
    return row.id


def add_constraints(
    session: Session, decision: int, constraints: Constraints, marks: Iterable[Mark] = ()
) -> None:
    """Write what a decision asks of every later run."""
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


def revoke(session: Session, decision: int, *, by: str, why: str, at: datetime) -> None:
    """Let a decision and what it asked stand no longer."""
    session.execute(
        update(DecisionRow)
        .where(DecisionRow.id == decision)
        .values(undone_by=by, undone_at=at, undone_reason=why)
    )
    session.execute(
        update(ConstraintRow).where(ConstraintRow.decision_id == decision).values(revoked_at=at)
    )


def get(session: Session, decision: int) -> Decision:
    """One decision; NotFoundError if there is none of this number."""
    found = _load(session, [decision])
    if not found:
        raise NotFoundError("decision", decision)
    return found[0]


def list_decisions(
    session: Session,
    *,
    all_of_them: bool,
    story_id: str | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[Decision]:
    """Decisions that stand, or all, oldest first; of one story those about it or touching it.

    Those `after` a number, at most `limit`.
    """
    statement = select(DecisionRow.id).where(DecisionRow.id > after)
    statement = statement.order_by(DecisionRow.id).limit(limit)
    if not all_of_them:
        statement = statement.where(DecisionRow.undone_at.is_(None))
    if story_id is not None:
        touching = select(TransitionRow.decision_id).where(TransitionRow.story_id == story_id)
        about = (DecisionRow.story_id == story_id) | DecisionRow.id.in_(touching)
        statement = statement.where(about)
    return _load(session, list(session.scalars(statement)))


def require_no_conflicts(session: Session, forbidding: Collection[int]) -> None:
    """Raise DecisionConflictError, which names them, if any decisions forbid what is wanted."""
    if forbidding:
        found = _load(session, forbidding)
        raise DecisionConflictError([each.id for each in found], [each.told() for each in found])


def decisions_on_stories(
    session: Session, story_ids: Collection[str], kinds: Collection[str]
) -> dict[int, str]:
    """The decisions that mark these stories, or those merged into them, so; with the kind."""
    lives_on = func.coalesce(StoryRow.merged_into, StoryRow.id)
    statement = (
        select(ConstraintRow.decision_id, ConstraintRow.kind)
        .join(StoryRow, StoryRow.id == ConstraintRow.story_id)
        .where(ConstraintRow.revoked_at.is_(None), ConstraintRow.kind.in_(kinds))
        .where(lives_on.in_(story_ids))
    )
    return dict(session.execute(statement).all())


def decisions_on_articles(
    session: Session, article_ids: Collection[int], kinds: Collection[str]
) -> dict[int, str]:
    """The decisions that pin or hide these articles; with the kind."""
    statement = select(ConstraintRow.decision_id, ConstraintRow.kind).where(
        ConstraintRow.revoked_at.is_(None),
        ConstraintRow.kind.in_(kinds),
        ConstraintRow.article_id.in_(article_ids),
        ConstraintRow.other_article_id.is_(None),
    )
    return dict(session.execute(statement).all())


def _load(session: Session, ids: Collection[int]) -> list[Decision]:
    """Decisions with what they did, oldest first; three statements."""
    rows = session.scalars(
        select(DecisionRow).where(DecisionRow.id.in_(ids)).order_by(DecisionRow.id)
    )
    stories: dict[int, set[str]] = {}
    articles: dict[int, set[int]] = {}
    values: dict[int, str] = {}
    for decision, story, other, moved in session.execute(_changes(ids)):
        stories.setdefault(decision, set()).update(each for each in (story, other) if each)
        articles.setdefault(decision, set()).update(moved)
    for decision, article, value in session.execute(_asked(ids)):
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


def _changes(ids: Collection[int]) -> Any:
    """What happened to stories at the instant of each decision."""
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


def _asked(ids: Collection[int]) -> Any:
    """The articles that decisions mark, and the headlines that they give."""
    return select(ConstraintRow.decision_id, ConstraintRow.article_id, ConstraintRow.value).where(
        ConstraintRow.decision_id.in_(ids), ConstraintRow.other_article_id.is_(None)
    )
