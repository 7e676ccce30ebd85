"""Order of the stories of an edition."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from operator import itemgetter

from service.domain.stories.ranking import coverage_bonus
from service.domain.subscribers.digests.editions import StoryUpdate
from service.domain.subscribers.digests.stories import DigestStory
from service.domain.subscribers.filters import Filters
from service.domain.subscribers.story_index import IndexField, StoryIndex

#: Hours of recency that each kind of followed value adds to the rank of a story that has one.
_FOLLOW_BONUS_HOURS = 12.0
#: Ages count up to this many hours, however long ago the last edition was: twice the coverage
#: outweighs any age.
_MAX_AGE_PENALTY_HOURS = 8.0
_HOUR = timedelta(hours=1)


def sort_by_rank(
    stories: Iterable[DigestStory],
    *,
    period: tuple[datetime, datetime],
    bonuses: Mapping[str, float],
    news: Mapping[str, StoryUpdate],
) -> list[DigestStory]:
    """Sort stories by rank, pinned ones first.

    `period` starts at the last edition and ends with the latest report of all stories. If it is
    longer than `_MAX_AGE_PENALTY_HOURS`, ages are reduced in proportion; otherwise they would
    outweigh any coverage. `bonuses` are hours by story id. Of the stories in `news`, which are
    seen ones by id, only the coverage of the update counts.
    """
    since, newest = period
    hours = (newest - since) / _HOUR
    ignored = max(0.0, 1 - _MAX_AGE_PENALTY_HOURS / hours) if hours > 0 else 0.0
    ranked = []
    for story in stories:
        rank = story.rank + bonuses.get(story.id, 0.0)
        if ignored:
            rank += (newest - story.latest) / _HOUR * ignored
        if update := news.get(story.id):
            rank += coverage_bonus(update.coverage) - coverage_bonus(story.independent)
        ranked.append((not story.pinned, -rank, story.id, story))
    ranked.sort(key=itemgetter(0, 1, 2))
    return [story for *_, story in ranked]


def find_bonuses(
    index: StoryIndex, stories: Mapping[int, DigestStory], filters: Filters
) -> dict[str, float]:
    """Bonuses of stories with followed values, in hours by story id.

    `stories` are those of `index` without muted reports, by position.
    """
    with_words = index.with_phrases(IndexField.WORDS, filters.followed_words)
    followed = with_words.union(
        index.having(IndexField.OUTLETS, filters.followed_outlets),
        index.having(IndexField.COUNTRIES, filters.followed_countries),
        index.having(IndexField.STORYLINES, filters.followed_storylines),
    )
    bonuses = {}
    for position in followed & stories.keys():
        story = stories[position]
        kinds = (
            not filters.followed_outlets.isdisjoint(story.outlets),
            not filters.followed_countries.isdisjoint(story.countries),
            story.storyline in filters.followed_storylines,
            # The word may have stood only in a muted report.
            position in with_words and story.words.find(filters.followed_words) is not None,
        )
        bonuses[story.id] = _FOLLOW_BONUS_HOURS * sum(kinds)
    return bonuses
