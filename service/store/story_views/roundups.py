"""Round-ups that mention a story."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.domain.articles.article_types import ArticleType
from service.store.articles.types import EFFECTIVE_TYPE
from service.store.story_views.as_of import is_copy_at
from service.store.story_views.reports import (
    REPORT_COLUMNS,
    Report,
    is_hidden,
    report_from_row,
)
from service.store.tables import ArticleRow, CopyRow, OutletRow, RoundupMentionRow, StoryRow

#: Maximum number of round-ups shown for one story, the latest ones.
MAX_ROUNDUPS = 20


def list_roundups(
    session: Session, story_id: str, *, as_of: datetime | None = None
) -> tuple[Report, ...]:
    """The latest round-ups that mention a story or one merged into it; one statement.

    Mentions have no history: with `as_of`, those of today in round-ups reported by then.
    """
    mentions = (
        select(RoundupMentionRow.article_id)
        .join(StoryRow, StoryRow.id == RoundupMentionRow.story_id)
        .where(or_(StoryRow.id == story_id, StoryRow.merged_into == story_id))
    )
    statement = (
        select(*REPORT_COLUMNS)
        .select_from(ArticleRow)
        .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
        .outerjoin(CopyRow, is_copy_at(None))
        .where(ArticleRow.id.in_(mentions), EFFECTIVE_TYPE.in_([ArticleType.ROUNDUP]))
        .where(~is_hidden(ArticleRow.id))
        .order_by(ArticleRow.reported_at.desc(), ArticleRow.id.desc())
        .limit(MAX_ROUNDUPS)
    )
    if as_of is not None:
        statement = statement.where(ArticleRow.reported_at <= as_of)
    return tuple(report_from_row(*row) for row in session.execute(statement))
