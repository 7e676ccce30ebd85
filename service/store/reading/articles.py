"""One article, with the story it belongs to now."""

from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from service.errors import HiddenError, NotFoundError
from service.store.reading.reports import FULL, Member, is_hidden, member_from, with_original
from service.store.reading.stories import StoryName
from service.store.tables import ArticleRow, CopyRow, MembershipRow, OutletRow, StoryRow


@dataclass(frozen=True, slots=True)
class ArticleDetail:
    """An article; `story` is None while it waits for its place, or where an editor hid that."""

    member: Member
    feed_id: int
    story: StoryName | None


def get_article(session: Session, article_id: int) -> ArticleDetail:
    """One article; one statement.

    Raises:
        NotFoundError: there is no such article, or an editor hid it.
    """
    present = and_(MembershipRow.article_id == ArticleRow.id, MembershipRow.valid_until.is_(None))
    statement = with_original(
        select(
            *FULL,
            is_hidden(ArticleRow.id),
            ArticleRow.feed_id,
            StoryRow.id,
            StoryRow.slug,
            StoryRow.headline,
        )
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
    *member, hidden, feed_id, story_id, slug, headline = row
    if hidden:
        raise HiddenError("article", article_id)
    story = StoryName(story_id, slug, headline) if story_id is not None else None
    return ArticleDetail(member_from(*member), feed_id, story)
