"""What editors decided, as labelled articles that the pair score can learn from."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.articles.model import Article
from service.store.articles import articles
from service.store.stories import constraints, stories
from service.store.tables import MembershipRow, StoryRow


def labelled_articles(session: Session) -> list[dict[str, Any]]:
    """The articles of standing decisions in the format of `samestory evaluate`, by id.

    An article was decided about if an editor bound it to another, parted it from one, or locked
    its story. Its label is the story it is in, which obeys every decision; hidden articles, which
    are in none, are left out.
    """
    bound = {int(key) for each in constraints.load_active(session) for key in each.link}
    decided = bound | _locked(session)
    story_of = stories.story_of(session, decided)
    return [_line(each, story_of[int(each.id)]) for each in articles.load(session, story_of)]


def _locked(session: Session) -> set[int]:
    statement = (
        select(MembershipRow.article_id)
        .join(StoryRow, StoryRow.id == MembershipRow.story_id)
        .where(StoryRow.locked, MembershipRow.valid_until.is_(None))
    )
    return set(session.scalars(statement))


def _line(article: Article, story: str) -> dict[str, Any]:
    return {
        "id": article.id,
        "title": article.title,
        "text": article.text,
        "outlet": article.outlet,
        "url": article.url,
        "published": article.published.isoformat() if article.published else None,
        "lang": article.lang,
        "story": story,
    }
