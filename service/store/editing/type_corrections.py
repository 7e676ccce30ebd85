"""Editors' corrections of article types, and their effect on stories."""

from sqlalchemy.orm import Session

from service.domain.articles.article_types import ArticleType
from service.errors import NotFoundError
from service.store.articles import articles, types
from service.store.editing import story_edits
from service.store.stories import stories


def require_type(session: Session, article_id: int) -> ArticleType:
    """Return the type of an article.

    Raises:
        NotFoundError: the article does not exist.
    """
    found = types.get_type(session, article_id)
    if found is None:
        raise NotFoundError("article", article_id)
    return found


def correct_type(session: Session, article_id: int, corrected: ArticleType | None) -> None:
    """Correct the type of an article, or restore its type by the rule.

    Its story is described again. If the article has to join or leave a story, the next reconcile
    groups it and the articles of its story again.

    Raises:
        NotFoundError: the article does not exist.
    """
    before = require_type(session, article_id)
    types.correct(session, article_id, corrected)
    after = require_type(session, article_id)
    story_ids = set(stories.story_of(session, [article_id]).values())
    story_edits.mark_undescribed(session, story_ids)
    if before.joins_stories != after.joins_stories:
        members = stories.members(session, story_ids)
        affected = {article_id, *(key for ids in members.values() for key in ids)}
        articles.advance_stage(session, affected, before="reconciled", after="placed")
