"""Hybrid ranking: keyword and semantic rankings, fused for articles and for stories."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from service.domain.search.rank_fusion import fuse_rankings
from service.store.search.compiled_search import CompiledSearch
from service.store.search.filters import SearchFilter
from service.store.search.search import (
    rank_articles_by_embedding,
    rank_articles_by_keywords,
    rank_stories_by_keywords,
)
from service.store.stories.stories import story_of

Key = TypeVar("Key", int, str)


@dataclass(frozen=True, slots=True)
class RankedResults:
    """Articles and stories with their fused scores, best first, and the fused rankings by name."""

    articles: Mapping[int, float]
    stories: Mapping[str, float]
    article_rankings: Mapping[str, Sequence[int]]
    story_rankings: Mapping[str, Sequence[str]]

    def ranks_of_article(self, article_id: int) -> dict[str, int | None]:
        """Return the article's ranks, from 1, by name of the ranking; None where it is absent."""
        return {name: _rank(each, article_id) for name, each in self.article_rankings.items()}

    def ranks_of_story(self, story_id: str) -> dict[str, int | None]:
        """Return the story's ranks, from 1, by name of the ranking; None where it is absent."""
        return {name: _rank(each, story_id) for name, each in self.story_rankings.items()}


def rank_results(
    session: Session,
    search: CompiledSearch,
    vector: NDArray[np.float32] | None,
    filters: SearchFilter,
    *,
    limit: int,
) -> RankedResults:
    """Rank stories and articles by tsquery and by vector, in up to four statements.

    A story has the rank of its best article in the keyword and in the semantic ranking; a third
    ranking is by its own headline and keywords. At a past time, there is no third ranking, because
    earlier headlines have no index of words.
    """
    keyword = rank_articles_by_keywords(session, search, filters) if search.tsquery else []
    semantic = (
        [] if vector is None else rank_articles_by_embedding(session, vector, search, filters)
    )
    as_of = filters.rest.time
    has_headlines = search.tsquery and as_of is None
    headline = rank_stories_by_keywords(session, search, filters) if has_headlines else []
    story_ids = story_of(session, {*keyword, *semantic}, as_of=as_of)
    stories = {
        "keyword": _unique_stories(keyword, story_ids),
        "semantic": _unique_stories(semantic, story_ids),
        "headline": headline,
    }
    return RankedResults(
        articles=_best(fuse_rankings([keyword, semantic]), limit),
        stories=_best(fuse_rankings(stories.values()), limit),
        article_rankings={"keyword": keyword, "semantic": semantic, "headline": []},
        story_rankings=stories,
    )


def _unique_stories(articles: Iterable[int], story_ids: Mapping[int, str]) -> list[str]:
    return list(dict.fromkeys(story_ids[key] for key in articles if key in story_ids))


def _best(scores: Mapping[Key, float], limit: int) -> dict[Key, float]:
    return dict(islice(scores.items(), limit))


def _rank(ranking: Sequence[int] | Sequence[str], key: int | str) -> int | None:
    return next((rank for rank, each in enumerate(ranking, start=1) if each == key), None)
