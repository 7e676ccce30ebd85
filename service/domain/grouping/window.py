"""One window of articles, made comparable and grouped as a whole."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from service.domain.articles import tokenization
from service.domain.articles.copies import Copy, find_copies
from service.domain.articles.model import (
    Article,
    ArticleId,
    Floats,
    Vectors,
    canonical_order,
    hours_since_epoch,
)
from service.domain.grouping import constraints as editors
from service.domain.grouping.cluster import Units, group
from service.domain.grouping.constraints import Constraints
from service.domain.grouping.hysteresis import StableStories
from service.domain.pairs.candidates import Pairs, candidate_pairs
from service.domain.pairs.features import Features, TokenisedArticles
from service.domain.pairs.score import PairModel
from service.domain.pairs.vocabulary import Vocabulary
from service.domain.text.title_suffixes import strip_title_suffix
from service.settings.grouping import (
    HysteresisSettings,
    StorySettings,
)

_DAY = 24.0


@dataclass(frozen=True, slots=True)
class Standing:
    """The story that an article is in, and the hours since the article arrived."""

    story: str | None
    hours: float


_NOWHERE = Standing(None, 0.0)


@dataclass(frozen=True, slots=True)
class Grouping:
    """The micro-clusters of a window.

    `groups` holds article ids, each group sorted, groups in order of their first. `pairs` and
    `scores` are the candidates with their pair scores, as rows of `ids` and of `channels`.
    `lexicon` is what placing needs until the window is grouped again.
    """

    ids: tuple[ArticleId, ...]
    groups: tuple[tuple[ArticleId, ...], ...]
    pairs: Pairs
    scores: Floats
    copies: tuple[Copy, ...]
    vocabulary: Vocabulary
    features: Features

    def labels(self) -> dict[ArticleId, int]:
        """Number of each article's group."""
        return {key: number for number, ids in enumerate(self.groups) for key in ids}


def group_window(
    articles: Sequence[Article],
    vectors: Vectors,
    *,
    model: PairModel,
    settings: StorySettings,
    constraints: Constraints = editors.NONE,
    standing: Mapping[ArticleId, Standing] = MappingProxyType({}),
) -> Grouping:
    """Group all articles of a window; the same set in any order gives the same groups.

    `standing` tells of the articles that are in stories already. Those that have settled keep
    their company as long as it holds (`settling`).
    """
    order = canonical_order(articles)
    articles, vectors = [articles[row] for row in order], vectors[order]
    tokenised = TokenisedArticles.build(articles, vectors)
    vocabulary = tokenised.vocabulary()
    features = Features.build(tokenised, vocabulary)
    found = find_copies(articles, settings.copies)
    ids = tuple(article.id for article in articles)
    row_of = {key: row for row, key in enumerate(ids)}
    extra = [(row_of[copy.article], row_of[copy.original]) for copy in found]
    pairs = candidate_pairs(features, settings.candidates, extra)
    vocabulary = replace(vocabulary, shift=model.shift(features, pairs))
    features = features.with_prior_shift(vocabulary.shift)
    scores = model.score(features, pairs)
    labels = group(
        features,
        pairs,
        scores,
        units_of(articles, constraints),
        model=model,
        settings=settings.grouping,
        settled=_settled(ids, standing, settings.hysteresis),
    )
    members = defaultdict(list)
    for key, label in zip(ids, labels.tolist(), strict=True):
        members[label].append(key)
    groups = tuple(tuple(members[label]) for label in sorted(members))
    return Grouping(ids, groups, pairs, scores, tuple(found), vocabulary, features)


def _settled(
    ids: Sequence[ArticleId], standing: Mapping[ArticleId, Standing], settings: HysteresisSettings
) -> StableStories:
    known = [standing.get(key, _NOWHERE) for key in ids]
    ages = np.array([each.hours for each in known], dtype=np.float64)
    return StableStories.select([each.story for each in known], ages, len(ids), settings)


def units_of(articles: Sequence[Article], constraints: Constraints = editors.NONE) -> Units:
    """Articles of the same words on the same day, and those that an editor bound, as units."""
    ids = [article.id for article in articles]
    bars = constraints.bars(ids)
    bonds = constraints.bonds(ids) + _twins(articles)
    return Units(editors.merge_linked_rows(len(articles), bonds, bars), bars)


def _twins(articles: Sequence[Article]) -> list[tuple[int, int]]:
    """Rows that say the same, word for word but for who signs it, on one day; with the first of them.

    Those without any word say nothing, and nothing makes them twins.
    """
    first: dict[tuple[str, str, float | None], int] = {}
    twins = []
    for row, article in enumerate(articles):
        if not tokenization.has_encodable_text(article):
            continue
        hour = hours_since_epoch(article.published)
        day = None if np.isnan(hour) else hour // _DAY
        seen = first.setdefault((strip_title_suffix(article.title), article.text.strip(), day), row)
        if seen != row:
            twins.append((seen, row))
    return twins
