"""Copies and their originals, with a validity period each."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from service.domain.articles.copies import Copy
from service.domain.articles.model import ArticleId
from service.store.database.arrays import equals_any
from service.store.tables import ArticleRow, CopyRow, MembershipRow


def replace_copies(
    session: Session, article_ids: Iterable[int], copies: Iterable[Copy], *, at: datetime
) -> set[int]:
    """Set the copies among the articles to `copies` from `at` on; unchanged rows stay untouched.

    `at` must be later than all former timestamps (`apply_plan.new_stamp`). Returns the ids of the
    articles that became a copy, are no longer one, or have another original.
    """
    new = {int(copy.article): (int(copy.original), copy.share) for copy in copies}
    current = _current(session, article_ids)
    ended = [key for key, value in current.items() if new.get(key) != value]
    _end(session, ended, at=at)
    values = [
        {"article_id": key, "original_id": original, "share": share, "valid_from": at}
        for key, (original, share) in sorted(new.items())
        if current.get(key) != (original, share)
    ]
    if values:
        session.execute(insert(CopyRow), values)
    return {*ended, *(key for key in new if key not in current)}


def keep_in_one_story(session: Session, moved: Iterable[int], *, at: datetime) -> None:
    """End the copies whose original is in another story after these articles moved.

    The copies that a story keeps without their original have the earliest of them as the new
    original. The job `reconcile` compares the texts again.
    """
    ids = list(moved)
    member, origin = aliased(MembershipRow), aliased(MembershipRow)
    statement = (
        select(CopyRow.article_id, CopyRow.original_id, CopyRow.share, member.story_id)
        .join(member, _is_member(member, CopyRow.article_id), isouter=True)
        .join(origin, _is_member(origin, CopyRow.original_id), isouter=True)
        .join(ArticleRow, ArticleRow.id == CopyRow.article_id)
        .where(
            CopyRow.valid_until.is_(None),
            or_(equals_any(CopyRow.article_id, ids), equals_any(CopyRow.original_id, ids)),
            member.story_id.is_distinct_from(origin.story_id),
        )
        .order_by(ArticleRow.reported_at, CopyRow.article_id)
    )
    first: dict[tuple[str, int], int] = {}
    values, ended = [], []
    for article_id, original_id, share, story_id in session.execute(statement):
        ended.append(article_id)
        new_original = first.setdefault((story_id, original_id), article_id)
        if story_id and new_original != article_id:
            values.append(
                {
                    "article_id": article_id,
                    "original_id": new_original,
                    "share": share,
                    "valid_from": at,
                }
            )
    _end(session, ended, at=at)
    if values:
        session.execute(insert(CopyRow), values)


def _is_member(row: type[MembershipRow], article_id: InstrumentedAttribute[int]) -> Any:
    return and_(row.article_id == article_id, row.valid_until.is_(None))


def _end(session: Session, article_ids: Iterable[int], *, at: datetime) -> None:
    """End current rows; a row that began at the same time was never valid."""
    current = equals_any(CopyRow.article_id, article_ids), CopyRow.valid_until.is_(None)
    session.execute(
        delete(CopyRow)
        .where(*current, CopyRow.valid_from == at)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(CopyRow)
        .where(*current)
        .values(valid_until=at)
        .execution_options(synchronize_session=False)
    )


def load_originals(session: Session, ids: Iterable[int]) -> dict[ArticleId, ArticleId]:
    """Return the id of the original by id of each copy among the articles."""
    return {key: original for key, (original, _) in _current(session, ids).items()}


def _current(session: Session, ids: Iterable[int]) -> dict[int, tuple[int, float]]:
    """Return original and share by id of each current copy among the articles."""
    statement = select(CopyRow.article_id, CopyRow.original_id, CopyRow.share).where(
        equals_any(CopyRow.article_id, ids), CopyRow.valid_until.is_(None)
    )
    return {key: (original, share) for key, original, share in session.execute(statement)}
