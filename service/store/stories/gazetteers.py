"""Stored gazetteer (kinds of names) of the latest articles, used until it is rebuilt."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.domain.entities.gazetteer import Gazetteer
from service.store.articles import articles
from service.store.tables import GazetteerRow

#: Number of latest articles that the gazetteer is built from.
ARTICLES = 5000
#: Age at which the gazetteer is rebuilt.
MAX_AGE = timedelta(hours=1)


def load_or_rebuild(session: Session, *, now: datetime) -> Gazetteer:
    """Return the stored gazetteer; replace it if there is none or it is older than `MAX_AGE`."""
    row = GazetteerRow
    statement = select(row.data).where(row.created_at >= now - MAX_AGE).order_by(row.id.desc())
    if data := session.scalar(statement.limit(1)):
        return Gazetteer.from_bytes(data)
    latest = articles.load_latest_ids(session, limit=ARTICLES)
    gazetteer = Gazetteer.from_window(articles.load_leads(session, latest))
    session.execute(delete(row))
    session.add(row(created_at=now, data=gazetteer.to_bytes()))
    return gazetteer
