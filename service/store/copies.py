"""Which articles reprint others."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.copies import Copy
from service.store.tables import CopyRow


def replace(
    session: Session, among: Iterable[int], found: Iterable[Copy], *, now: datetime
) -> None:
    """Let the copies among these articles be exactly the found ones."""
    ids = list(among)
    kept = {int(copy.article): copy for copy in found}
    session.execute(
        delete(CopyRow).where(CopyRow.article_id.in_(ids), CopyRow.article_id.not_in(list(kept)))
    )
    values = [
        {
            "article_id": key,
            "original_id": int(copy.original),
            "share": copy.share,
            "found_at": now,
        }
        for key, copy in sorted(kept.items())
    ]
    if not values:
        return
    statement = insert(CopyRow)
    renewed = {name: statement.excluded[name] for name in ("original_id", "share")}
    session.execute(
        statement.on_conflict_do_update(index_elements=["article_id"], set_=renewed), values
    )


def originals(session: Session, ids: Iterable[int]) -> dict[int, int]:
    """The original of each copy among these articles."""
    statement = select(CopyRow.article_id, CopyRow.original_id).where(
        CopyRow.article_id.in_(list(ids))
    )
    return dict(session.execute(statement).all())
