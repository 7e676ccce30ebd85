"""Time of the latest report: the end of default periods, and the reference of relative times."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.story_views.reports import is_hidden
from service.store.tables import ArticleRow


def find_latest_report(session: Session) -> datetime | None:
    """The time of the latest visible article; None without articles. One statement."""
    latest = select(ArticleRow.reported_at).where(~is_hidden(ArticleRow.id))
    return session.scalar(latest.order_by(ArticleRow.reported_at.desc()).limit(1))
