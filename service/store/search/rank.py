"""Rankings of articles by words and by meaning, fused for articles and for their stories."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from service.domain.search.rank_fusion import reciprocal_rank
from service.store.search.filters import SearchFilter
from service.store.search.lookup import Lookup
from service.store.search.search import articles_by_meaning, articles_by_words, stories_by_words
from service.store.stories.stories import story_of

Key = TypeVar("Key", int, str)


@dataclass(frozen=True, slots=True)
class Found:
    """Articles and stories with their fused scores, best first, and the rankings behind them."""

    articles: Mapping[int, float]
    stories: Mapping[str, float]
    article_rankings: Mapping[str, Sequence[int]]
    story_rankings: Mapping[str, Sequence[str]]

    def ranks_of_article(self, article_id: int) -> dict[str, int | None]:
        """Its places, from 1, by name of the ranking."""
        return {name: _place(each, article_id) for name, each in self.article_rankings.items()}

    def ranks_of_story(self, story_id: str) -> dict[str, int | None]:
        """Its places, from 1, by name of the ranking."""
        return {name: _place(each, story_id) for name, each in self.story_rankings.items()}


def find(
    session: Session,
    lookup: Lookup,
    vector: NDArray[np.float32] | None,
    wanted: SearchFilter,
    *,
    limit: int,
) -> Found:
    """What holds the words, or is near a vector of the lookup's space; at most four statements.

    A story stands where its best article stands, and beside that where the words of its headline
    put it.
    """
    words = articles_by_words(session, lookup, wanted) if lookup.words else []
    meaning = articles_by_meaning(session, vector, lookup, wanted) if vector is not None else []
    headline = stories_by_words(session, lookup, wanted) if lookup.words else []
    home = story_of(session, {*words, *meaning})
    stories = {
        "words": _homes(words, home),
        "meaning": _homes(meaning, home),
        "headline": headline,
    }
    return Found(
        articles=_best(reciprocal_rank([words, meaning]), limit),
        stories=_best(reciprocal_rank(stories.values()), limit),
        article_rankings={"words": words, "meaning": meaning, "headline": []},
        story_rankings=stories,
    )


def _homes(articles: Iterable[int], home: Mapping[int, str]) -> list[str]:
    return list(dict.fromkeys(home[key] for key in articles if key in home))


def _best(scores: Mapping[Key, float], limit: int) -> dict[Key, float]:
    return dict(islice(scores.items(), limit))


def _place(ranking: Sequence[int] | Sequence[str], key: int | str) -> int | None:
    return next((place for place, each in enumerate(ranking, start=1) if each == key), None)
