"""One article, with the story it belongs to now."""

from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.store.reading.reports import FULL, Member, member_from, with_original
from service.store.reading.stories import StoryName
from service.store.tables import ArticleRow, CopyRow, MembershipRow, OutletRow, StoryRow


@dataclass(frozen=True, slots=True)
class ArticleDetail:
    """An article; `story` is None while it waits for its place, or where an editor hid it."""

    member: Member
    feed_id: int
    story: StoryName | None


def get_article(session: Session, article_id: int) -> ArticleDetail:
    """One article; one statement.

    Raises:
        NotFoundError: there is no such article.
    """
    present = and_(MembershipRow.article_id == ArticleRow.id, MembershipRow.valid_until.is_(None))
    statement = with_original(
        select(*FULL, ArticleRow.feed_id, StoryRow.id, StoryRow.slug, StoryRow.headline)
        .select_from(ArticleRow)
        .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
        .outerjoin(CopyRow, CopyRow.article_id == ArticleRow.id)
        .outerjoin(MembershipRow, present)
        .outerjoin(StoryRow, and_(StoryRow.id == MembershipRow.story_id, ~StoryRow.hidden))
        .where(ArticleRow.id == article_id)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFoundError("article", article_id)
    *member, feed_id, story_id, slug, headline = row
    story = StoryName(story_id, slug, headline) if story_id is not None else None
    return ArticleDetail(member_from(*member), feed_id, story)
