"""Stored gazetteer (kinds of names) of the latest articles, used until it is rebuilt."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.domain.entities.gazetteer import Gazetteer
from service.store.tables import GazetteerRow


def save(session: Session, gazetteer: Gazetteer, *, now: datetime) -> None:
    """Replace the stored gazetteer."""
    session.execute(delete(GazetteerRow))
    session.add(GazetteerRow(created_at=now, data=gazetteer.to_bytes()))


def latest(session: Session, *, since: datetime) -> Gazetteer | None:
    """The stored gazetteer, or None if it was created before `since`."""
    statement = select(GazetteerRow.data).where(GazetteerRow.created_at >= since)
    data = session.scalar(statement.order_by(GazetteerRow.id.desc()).limit(1))
    return Gazetteer.from_bytes(data) if data else None
