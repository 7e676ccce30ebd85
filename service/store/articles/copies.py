"""Which articles reprint others, now and at any instant before."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.articles.copies import Copy
from service.store.tables import CopyRow


def replace(session: Session, among: Iterable[int], found: Iterable[Copy], *, at: datetime) -> None:
    """Let the copies among these articles be exactly the found ones from this instant on.

    The instant is later than all before it (`plans.stamp`). What stays as it was is left alone.
    """
    wanted = {int(copy.article): (int(copy.original), copy.share) for copy in found}
    known = _open(session, among)
    ended = [key for key, value in known.items() if wanted.get(key) != value]
    session.execute(
        update(CopyRow)
        .where(CopyRow.article_id.in_(ended), CopyRow.valid_until.is_(None))
        .values(valid_until=at)
        .execution_options(synchronize_session=False)
    )
    values = [
        {"article_id": key, "original_id": original, "share": share, "valid_from": at}
        for key, (original, share) in sorted(wanted.items())
        if known.get(key) != (original, share)
    ]
    if values:
        session.execute(insert(CopyRow), values)


def originals(session: Session, ids: Iterable[int]) -> dict[int, int]:
    """The original of each copy among these articles."""
    return {key: original for key, (original, _) in _open(session, ids).items()}


def _open(session: Session, ids: Iterable[int]) -> dict[int, tuple[int, float]]:
    """Original and share of each copy among these articles."""
    statement = select(CopyRow.article_id, CopyRow.original_id, CopyRow.share).where(
        CopyRow.article_id.in_(list(ids)), CopyRow.valid_until.is_(None)
    )
    return {key: (original, share) for key, original, share in session.execute(statement)}
