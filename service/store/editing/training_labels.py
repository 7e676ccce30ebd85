"""Labelled articles from editors' decisions, as evaluation and training data."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.articles import articles
from service.store.stories import constraints, stories
from service.store.tables import MembershipRow, StoryRow


def load_labelled_articles(session: Session) -> list[dict[str, Any]]:
    """Articles that editors linked or separated, and those of locked stories, sorted by id.

    Each is a line for `samestory evaluate`. The label is the current story, which satisfies all
    decisions. Hidden articles have no story and are omitted.
    """
    linked = {int(key) for each in constraints.load_active(session) for key in each.link}
    in_locked_story = (
        select(MembershipRow.article_id)
        .join(StoryRow, StoryRow.id == MembershipRow.story_id)
        .where(StoryRow.locked, MembershipRow.valid_until.is_(None))
    )
    story_of = stories.story_of(session, linked.union(session.scalars(in_locked_story)))
    return [
        {
            "id": article.id,
            "title": article.title,
            "text": article.text,
            "outlet": article.outlet,
            "url": article.url,
            "published": article.published.isoformat() if article.published else None,
            "lang": article.lang,
            "type": article.type,
            "story": story_of[int(article.id)],
        }
        for article in articles.load(session, story_of)
    ]
