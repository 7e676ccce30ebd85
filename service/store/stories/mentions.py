"""Round-ups and the stories that they mention; a mention adds no coverage."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.articles.article_types import ArticleType
from service.store.articles.types import EFFECTIVE_TYPE
from service.store.tables import ArticleRow, RoundupMentionRow


def find_roundups(session: Session, *, since: datetime, limit: int) -> list[int]:
    """Return the ids of the latest round-ups reported at `since` or later, the newest first."""
    statement = (
        select(ArticleRow.id)
        .where(ArticleRow.reported_at >= since, EFFECTIVE_TYPE.in_([ArticleType.ROUNDUP]))
        .order_by(ArticleRow.reported_at.desc(), ArticleRow.id)
        .limit(limit)
    )
    return list(session.scalars(statement))


def replace_mentions(session: Session, mentioned: Mapping[int, Collection[str]]) -> None:
    """Set the stories that each of these round-ups mentions; unchanged rows stay untouched."""
    mention = RoundupMentionRow
    statement = select(mention.article_id, mention.story_id).where(
        mention.article_id.in_(mentioned)
    )
    before = {(article, story) for article, story in session.execute(statement)}
    after = {(article, story) for article, ids in mentioned.items() for story in ids}
    if ended := before - after:
        session.execute(
            delete(mention).where(tuple_(mention.article_id, mention.story_id).in_(sorted(ended)))
        )
    if new := sorted(after - before):
        values = [{"article_id": article, "story_id": story} for article, story in new]
        session.execute(insert(mention), values)
