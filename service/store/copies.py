"""Signatures, by which likely reprints are found, and the copies that were found."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.copies import Copy, Signature
from service.store.tables import ArticleRow, CopyRow, SignatureRow


def save_signatures(session: Session, signatures: Mapping[int, Signature | None]) -> None:
    """Write the signatures of articles; those too short for one lose an earlier one."""
    session.execute(delete(SignatureRow).where(SignatureRow.article_id.in_(list(signatures))))
    values = [
        {"article_id": key, "minhash": sketch.to_bytes(), "bands": list(sketch.bands)}
        for key, sketch in signatures.items()
        if sketch is not None
    ]
    if values:
        session.execute(insert(SignatureRow), values)


def sharing_bands(
    session: Session, bands: Sequence[int], *, start: datetime, end: datetime, limit: int
) -> set[int]:
    """Articles reported within a span that share one of these bands."""
    if not bands:
        return set()
    statement = (
        select(SignatureRow.article_id)
        .join(ArticleRow, ArticleRow.id == SignatureRow.article_id)
        .where(SignatureRow.bands.overlap(list(bands)))
        .where(ArticleRow.reported_at.between(start, end))
        .order_by(ArticleRow.reported_at, ArticleRow.id)
        .limit(limit)
    )
    return set(session.scalars(statement))


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
