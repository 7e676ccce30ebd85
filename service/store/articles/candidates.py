"""Candidates for placing and matching an article: articles with shared rare words, story members."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.domain.text.spans import merge_windows
from service.store.articles import articles
from service.store.stories import stories

#: Number of rare words stored per article, for lookups by later articles.
STORED_KEYS = 24
#: Number of an article's rarest words used to look up other articles.
LOOKUP_KEYS = 8


def find_articles_with_shared_words(
    session: Session, words: Sequence[int], at: datetime, *, reach: timedelta, limit: int
) -> set[int]:
    """Find articles reported within `reach` of `at` that share one of the rarest words."""
    return articles.find_by_shared_words(
        session, words[:LOOKUP_KEYS], start=at - reach, end=at + reach, limit=limit
    )


def find_members_within(
    session: Session,
    story_ids: Collection[str],
    times: Iterable[datetime],
    *,
    reach: timedelta,
) -> set[int]:
    """Find members of the stories that were reported within `reach` of any of the times."""
    members = {key for ids in stories.members(session, story_ids).values() for key in ids}
    spans = merge_windows(times, reach)
    report_times = articles.load_report_times(session, members)
    return {key for key, at in report_times.items() if any(a <= at <= b for a, b in spans)}
