"""First reports of two outlets in each story."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from service.domain.counts.comparison import ReportedStory
from service.store.story_views.as_of import is_member
from service.store.tables import ArticleRow, MembershipRow, OutletRow, StoryRow


def load_reported_stories(
    session: Session, first: str, second: str, *, since: datetime
) -> list[ReportedStory]:
    """The visible stories with a report of one of two outlets since a time; one statement."""
    is_exact = and_(ArticleRow.published.is_not(None), ArticleRow.date_precision == "minute")
    earliest = func.min(ArticleRow.reported_at)
    statement = (
        select(
            StoryRow.id,
            StoryRow.coverage,
            OutletRow.slug,
            earliest,
            earliest.filter(is_exact) == earliest,
        )
        .join(MembershipRow, and_(MembershipRow.story_id == StoryRow.id, is_member(None)))
        .join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
        .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
        .where(OutletRow.slug.in_((first, second)), ArticleRow.reported_at >= since)
        .where(StoryRow.state != "merged", ~StoryRow.hidden)
        .group_by(StoryRow.id, StoryRow.coverage, OutletRow.slug)
    )
    reports: dict[tuple[str, int], dict[str, tuple[datetime, bool]]] = defaultdict(dict)
    for story_id, coverage, slug, at, exact in session.execute(statement):
        reports[story_id, coverage][slug] = (at, bool(exact))
    unknown = (None, True)
    return [
        ReportedStory(
            story_id,
            coverage,
            first=by_outlet.get(first, unknown)[0],
            second=by_outlet.get(second, unknown)[0],
            exact=all(exact for _, exact in by_outlet.values()),
        )
        for (story_id, coverage), by_outlet in reports.items()
    ]
