"""The gazetteer of the latest window: what names stand for until it is made anew."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.domain.entities.gazetteer import Gazetteer
from service.store.tables import GazetteerRow


def save(session: Session, gazetteer: Gazetteer, *, now: datetime) -> None:
    """Replace the gazetteer."""
    session.execute(delete(GazetteerRow))
    session.add(GazetteerRow(created_at=now, data=gazetteer.to_bytes()))


def latest(session: Session, *, since: datetime) -> Gazetteer | None:
    """The gazetteer, if one was made since then."""
    statement = select(GazetteerRow.data).where(GazetteerRow.created_at >= since)
    data = session.scalar(statement.order_by(GazetteerRow.id.desc()).limit(1))
    return Gazetteer.from_bytes(data) if data else None
