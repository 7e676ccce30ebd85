"""Grouping of a window: features, candidates, scores and groups of all its articles."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from service.domain.articles import tokenization
from service.domain.articles.copies import Copy, find_copies, keep_within_stories
from service.domain.articles.model import (
    HOURS_PER_DAY,
    Article,
    ArticleId,
    Floats,
    Vectors,
    canonical_order,
)
from service.domain.compute import IN_PROCESS, Compute
from service.domain.grouping.cluster import Units, group
from service.domain.grouping.constraints import NO_CONSTRAINTS, Constraints, merge_linked_rows
from service.domain.grouping.hysteresis import StableStories
from service.domain.grouping.story_changes import CurrentStory
from service.domain.merges.model import MergeModel
from service.domain.pairs.candidates import candidate_pairs, without_roundups
from service.domain.pairs.features import Features, TokenisedArticles
from service.domain.pairs.nearest import Pairs
from service.domain.pairs.scoring.score import PairModel
from service.domain.pairs.vocabulary import Vocabulary
from service.domain.text.title_suffixes import strip_title_suffix
from service.settings.sections.grouping import StorySettings

_NO_STORY = CurrentStory(None, 0.0)


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of a window.

    `groups` contains article ids, each group sorted, groups in order of their first article.
    `pairs` and `scores` are the scored candidates, as rows of `ids` and of `features`. Placement
    uses `vocabulary` until the window is grouped again. An original is in the group of its copies.
    """

    ids: tuple[ArticleId, ...]
    groups: tuple[tuple[ArticleId, ...], ...]
    pairs: Pairs
    scores: Floats
    copies: tuple[Copy, ...]
    vocabulary: Vocabulary
    features: Features

    def labels(self) -> dict[ArticleId, int]:
        """The number of each article's group."""
        return {key: number for number, ids in enumerate(self.groups) for key in ids}


@dataclass(frozen=True, slots=True)
class ScoredWindow:
    """The articles of a window in canonical order, with features and scored candidate pairs."""

    articles: list[Article]
    features: Features
    vocabulary: Vocabulary
    pairs: Pairs
    scores: Floats
    copies: tuple[Copy, ...]


def group_window(
    articles: Sequence[Article],
    vectors: Vectors,
    *,
    model: PairModel,
    merge_model: MergeModel,
    settings: StorySettings,
    constraints: Constraints = NO_CONSTRAINTS,
    current_stories: Mapping[ArticleId, CurrentStory] = MappingProxyType({}),
    compute: Compute = IN_PROCESS,
) -> Grouping:
    """Group all articles of a window. The order of `articles` does not matter.

    A round-up gets a group of its own, unless an editor links it to another article.

    `current_stories` are those of the articles that already have one; hysteresis keeps the stable
    ones together. `compute` may use other processes or machines; the result is the same.
    """
    scored = score_window(articles, vectors, model=model, settings=settings, compute=compute)
    current = [
        current_stories.get(article.id, _NO_STORY) if article.type.joins_stories else _NO_STORY
        for article in scored.articles
    ]
    ages = np.array([each.age_hours for each in current], dtype=np.float64)
    labels = group(
        scored.features,
        scored.pairs,
        scored.scores,
        build_units(scored.articles, constraints),
        model=model,
        merge_model=merge_model,
        settings=settings.grouping,
        stable=StableStories.select(
            [each.story for each in current], ages, len(current), settings.hysteresis
        ),
        compute=compute,
    )
    ids = tuple(article.id for article in scored.articles)
    story_of = dict(zip(ids, labels.tolist(), strict=True))
    members = defaultdict(list)
    for key, label in zip(ids, labels.tolist(), strict=True):
        members[label].append(key)
    groups = tuple(tuple(members[label]) for label in sorted(members))
    return Grouping(
        ids,
        groups,
        scored.pairs,
        scored.scores,
        tuple(keep_within_stories(scored.copies, scored.articles, settings.copies, story_of)),
        scored.vocabulary,
        scored.features,
    )


def score_window(
    articles: Sequence[Article],
    vectors: Vectors,
    *,
    model: PairModel,
    settings: StorySettings,
    compute: Compute = IN_PROCESS,
) -> ScoredWindow:
    """Find and score the candidate pairs of a window."""
    order = canonical_order(articles)
    articles, vectors = [articles[row] for row in order], vectors[order]
    tokenised = TokenisedArticles.build(articles, vectors)
    vocabulary = tokenised.build_vocabulary()
    features = Features.build(tokenised, vocabulary)
    del tokenised  # tens of megabytes in a large window
    copies = find_copies(articles, settings.copies)
    row_of = {article.id: row for row, article in enumerate(articles)}
    copy_pairs = [(row_of[copy.article], row_of[copy.original]) for copy in copies]
    pairs = candidate_pairs(features, settings.candidates, copy_pairs, compute=compute)
    pairs = without_roundups(pairs, articles)
    prior_shift, scores = model.score_with_prior_shift(features, pairs)
    return ScoredWindow(
        articles,
        features.with_prior_shift(prior_shift),
        replace(vocabulary, prior_shift=prior_shift),
        pairs,
        scores,
        tuple(copies),
    )


def build_units(articles: Sequence[Article], constraints: Constraints = NO_CONSTRAINTS) -> Units:
    """Combine duplicates of one day and must-link articles into units."""
    ids = [article.id for article in articles]
    cannot_link = constraints.cannot_link_rows(ids)
    must_link = constraints.must_link_rows(ids) + _duplicate_rows(articles)
    return Units(merge_linked_rows(len(articles), must_link, cannot_link), cannot_link)


def _duplicate_rows(articles: Sequence[Article]) -> list[tuple[int, int]]:
    """Each row with the first row of the same text and day.

    Title suffixes such as the outlet's name are ignored. Round-ups and articles without any
    word are never duplicates.
    """
    first: dict[tuple[str, str, float | None], int] = {}
    duplicates = []
    for row, article in enumerate(articles):
        if not (article.type.joins_stories and tokenization.has_encodable_text(article)):
            continue
        hour = article.hour
        day = None if np.isnan(hour) else hour // HOURS_PER_DAY
        text = article.text.strip()
        original = first.setdefault((strip_title_suffix(article.title), text, day), row)
        if original != row:
            duplicates.append((original, row))
    return duplicates
