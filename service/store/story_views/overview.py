"""Overview of all stories for the terminal: counts and one line per story."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.urls.canonical import canonical_url
from service.store.tables import ArticleRow, MembershipRow, StorylineRow, StoryRow


@dataclass(frozen=True, slots=True)
class StoryOverview:
    """A story in one line of a table."""

    headline: str
    articles: int
    coverage: int
    independent: int
    first_reported_at: datetime
    last_reported_at: datetime
    storyline: str | None


def count_stories(session: Session) -> int:
    """The number of stories, without merged ones."""
    statement = select(func.count()).select_from(StoryRow).where(StoryRow.state != "merged")
    return session.scalar(statement) or 0


def list_overview(session: Session, *, limit: int) -> list[StoryOverview]:
    """Stories of several articles by independent coverage, articles and first report.

    Merged and hidden stories are excluded.
    """
    order = (StoryRow.independent.desc(), StoryRow.articles.desc(), StoryRow.first_reported_at)
    statement = (
        select(StoryRow, StorylineRow.title)
        .outerjoin(StorylineRow, StorylineRow.id == StoryRow.storyline_id)
        .where(StoryRow.state != "merged", ~StoryRow.hidden, StoryRow.articles > 1)
        .order_by(*order, StoryRow.id)
        .limit(limit)
    )
    return [
        StoryOverview(
            headline=story.headline,
            articles=story.articles,
            coverage=story.coverage,
            independent=story.independent,
            first_reported_at=story.first_reported_at,
            last_reported_at=story.last_reported_at,
            storyline=storyline,
        )
        for story, storyline in session.execute(statement)
    ]


def story_by_url(session: Session) -> dict[str, str]:
    """Return the current story of each article, by canonical URL."""
    statement = (
        select(ArticleRow.url, MembershipRow.story_id)
        .join(MembershipRow, MembershipRow.article_id == ArticleRow.id)
        .where(MembershipRow.valid_until.is_(None))
    )
    rows = session.execute(statement).all()
    return {canonical_url(url) or url: story for url, story in rows}
