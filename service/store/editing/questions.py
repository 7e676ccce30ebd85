"""Rows for the questions at the desk, and reviews: answers that change nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from service.domain.articles.article_types import ArticleType
from service.errors import NotFoundError
from service.store.articles.types import EFFECTIVE_TYPE
from service.store.database.arrays import equals_any
from service.store.tables import ArticleRow, MembershipRow, ReviewRow, StoryRow


@dataclass(frozen=True, slots=True)
class StoredPlacement:
    """A current membership with its stored evidence."""

    article: int
    story: str
    score: float | None
    evidence: dict[str, Any]


_COLUMNS = (
    MembershipRow.article_id,
    MembershipRow.story_id,
    MembershipRow.score,
    MembershipRow.evidence,
)


def load_doubtful(
    session: Session, *, since: datetime, below: float, alternative: float, limit: int
) -> list[StoredPlacement]:
    """Memberships with a score under `below`, or with a next-best story of `alternative` or more.

    Only in stories that are open, not locked, not hidden, and reported since `since`; the latest
    stories first. One statement.
    """
    path: ColumnElement[Any] = literal_column(f"'$.next.score ? (@ >= {alternative:f})'")
    statement = (
        select(*_COLUMNS)
        .join(StoryRow, StoryRow.id == MembershipRow.story_id)
        .where(
            MembershipRow.valid_until.is_(None),
            StoryRow.state == "open",
            ~StoryRow.locked,
            ~StoryRow.hidden,
            StoryRow.last_reported_at >= since,
            or_(MembershipRow.score < below, func.jsonb_path_exists(MembershipRow.evidence, path)),
        )
        .order_by(StoryRow.last_reported_at.desc(), MembershipRow.article_id)
        .limit(limit)
    )
    return [StoredPlacement(*row) for row in session.execute(statement)]


def resolve_open(session: Session, story_ids: Collection[str]) -> dict[str, str]:
    """The present id of these stories, by the given id; one statement.

    Merged stories have the id of their survivor. Stories that are closed, locked or hidden are
    missing.
    """
    given, present = aliased(StoryRow), aliased(StoryRow)
    statement = (
        select(given.id, present.id)
        .join(present, present.id == func.coalesce(given.merged_into, given.id))
        .where(
            equals_any(given.id, story_ids),
            present.state == "open",
            ~present.locked,
            ~present.hidden,
        )
    )
    return dict(session.execute(statement).all())


def load_members(session: Session, story_ids: Collection[str]) -> list[StoredPlacement]:
    """All current memberships of these stories, by article; one statement."""
    statement = select(*_COLUMNS).where(
        MembershipRow.valid_until.is_(None), equals_any(MembershipRow.story_id, story_ids)
    )
    rows = session.execute(statement.order_by(MembershipRow.article_id))
    return [StoredPlacement(*row) for row in rows]


def list_unconfirmed_types(session: Session, *, since: datetime, limit: int) -> list[int]:
    """Articles that the rule gave another type than report, not confirmed by an editor.

    Round-ups come first, because they are in no story; then the latest.
    """
    statement = (
        select(ArticleRow.id)
        .where(
            ArticleRow.reported_at >= since,
            ArticleRow.corrected_type.is_(None),
            EFFECTIVE_TYPE != ArticleType.REPORT,
        )
        .order_by(
            ArticleRow.type != ArticleType.ROUNDUP,
            ArticleRow.reported_at.desc(),
            ArticleRow.id.desc(),
        )
        .limit(limit)
    )
    return list(session.scalars(statement))


def find_reviewed(session: Session) -> set[tuple[str, str]]:
    """Kind and subject of all reviewed questions."""
    rows = session.execute(select(ReviewRow.kind, ReviewRow.subject))
    return {(kind, subject) for kind, subject in rows}


def add_review(session: Session, kind: str, subject: str, *, editor: str, now: datetime) -> int:
    """Record that an editor left everything as it is; returns the id of the review. Idempotent."""
    values = {"kind": kind, "subject": subject, "made_by": editor, "made_at": now}
    statement = insert(ReviewRow).values(values).on_conflict_do_nothing().returning(ReviewRow.id)
    number = session.scalar(statement)
    if number is None:
        same = select(ReviewRow.id).where(ReviewRow.kind == kind, ReviewRow.subject == subject)
        number = session.scalars(same).one()
    return number


def remove_review(session: Session, number: int) -> None:
    """Remove a review, so that the question returns; raises NotFoundError."""
    statement = delete(ReviewRow).where(ReviewRow.id == number).returning(ReviewRow.id)
    if session.scalar(statement) is None:
        raise NotFoundError("review", number)
