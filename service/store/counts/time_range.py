"""Time range of all visible articles."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.counts.latest_report import find_latest_report
from service.store.story_views.reports import is_hidden
from service.store.tables import ArticleRow


def find_time_range(session: Session) -> tuple[datetime, datetime] | None:
    """Times of the first and the last report; None without articles. Two statements."""
    earliest = select(ArticleRow.reported_at).where(~is_hidden(ArticleRow.id))
    first = session.scalar(earliest.order_by(ArticleRow.reported_at).limit(1))
    last = find_latest_report(session)
    return (first, last) if first and last else None
