"""Editors' corrections of article types, and the effect of changed types on stories."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from service.domain.articles.article_types import ArticleType
from service.errors import NotFoundError
from service.store.articles import articles, types
from service.store.editing import marks, story_edits
from service.store.stories import stories


def require_type(session: Session, article_id: int) -> ArticleType:
    """Return the type of an article.

    Raises:
        NotFoundError: the article does not exist.
    """
    current = types.get_type(session, article_id)
    if current is None:
        raise NotFoundError("article", article_id)
    return current


def correct_type(session: Session, article_id: int, corrected: ArticleType | None) -> None:
    """Correct the type of an article, or restore its type by the rule."""
    types.correct(session, article_id, corrected)
    queue_changed(session, [article_id])


def queue_changed(session: Session, article_ids: Collection[int]) -> None:
    """Let the jobs process articles whose type changed.

    Their stories are described again. An article that now joins stories is placed like a new one.
    If an article has to leave its story, the next reconcile groups the rest of the story again.
    """
    story_of = stories.story_of(session, article_ids)
    story_edits.mark_undescribed(session, set(story_of.values()))
    storyless = types.find_storyless(session, article_ids)
    left = {story for key, story in story_of.items() if key in storyless}
    regrouped = {key for ids in stories.members(session, left).values() for key in ids}
    articles.advance_stage(session, regrouped, before="reconciled", after="placed")
    waiting = set(article_ids) - storyless - story_of.keys()
    waiting -= marks.find_hidden_articles(session, waiting)
    for stage in ("placed", "reconciled"):
        articles.advance_stage(session, waiting, before=stage, after="admitted")
