"""Candidates of `place` and match: articles that share rare words, and members of stories."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.domain.articles.model import Article
from service.domain.articles.tokenization import lead_words
from service.domain.pairs.vocabulary import Vocabulary, rarest_keys
from service.domain.text.spans import merge_windows
from service.settings.sections.embedding import CandidateSettings
from service.store.articles import articles, vectors
from service.store.editing import marks
from service.store.stories import stories

#: Number of rare words stored per article, for lookups by later articles.
STORED_KEYS = 24
#: Number of an article's rarest words used to look up other articles.
LOOKUP_KEYS = 8


def index_rare_words(session: Session, loaded: Iterable[Article], vocabulary: Vocabulary) -> None:
    """Store the rare words of articles, by which later articles find them as candidates."""
    keys = {
        int(article.id): rarest_keys(lead_words(article), vocabulary, STORED_KEYS)
        for article in loaded
    }
    articles.save_word_keys(session, keys)


def find_joinable_members(
    session: Session,
    model_id: int,
    arrivals: Mapping[int, datetime],
    *,
    limits: CandidateSettings,
    reach: timedelta,
) -> set[int]:
    """Find the members of all stories that new articles could join.

    These are unlocked stories with an article that has a near vector or shares rare words. The
    original of a copy is among the nearest vectors.
    """
    near = vectors.find_nearest(session, model_id, arrivals, count=limits.neighbours, window=reach)
    near |= articles.find_sharing_words(
        session, arrivals, keys=LOOKUP_KEYS, reach=reach, limit=limits.shared_words
    )
    near_stories = set(stories.story_of(session, near).values())
    near_stories -= marks.find_locked_stories(session, near_stories)
    return find_members_within(session, near_stories, arrivals.values(), reach=reach)


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
