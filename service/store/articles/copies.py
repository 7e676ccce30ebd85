"""Reprints and their originals, with a validity period each."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.articles.copies import Copy
from service.store.tables import CopyRow


def replace_copies(
    session: Session, article_ids: Iterable[int], copies: Iterable[Copy], *, at: datetime
) -> None:
    """Set the reprints among the articles to `copies` from `at` on; unchanged rows stay untouched.

    `at` must be later than all former instants (`apply_plan.new_stamp`).
    """
    new = {int(copy.article): (int(copy.original), copy.share) for copy in copies}
    current = _current(session, article_ids)
    ended = [key for key, value in current.items() if new.get(key) != value]
    session.execute(
        update(CopyRow)
        .where(CopyRow.article_id.in_(ended), CopyRow.valid_until.is_(None))
        .values(valid_until=at)
        .execution_options(synchronize_session=False)
    )
    values = [
        {"article_id": key, "original_id": original, "share": share, "valid_from": at}
        for key, (original, share) in sorted(new.items())
        if current.get(key) != (original, share)
    ]
    if values:
        session.execute(insert(CopyRow), values)


def load_originals(session: Session, ids: Iterable[int]) -> dict[int, int]:
    """Return the id of the original by id of each reprint among the articles."""
    return {key: original for key, (original, _) in _current(session, ids).items()}


def _current(session: Session, ids: Iterable[int]) -> dict[int, tuple[int, float]]:
    """Return original and share by id of each current reprint among the articles."""
    statement = select(CopyRow.article_id, CopyRow.original_id, CopyRow.share).where(
        CopyRow.article_id.in_(list(ids)), CopyRow.valid_until.is_(None)
    )
    return {key: (original, share) for key, original, share in session.execute(statement)}
