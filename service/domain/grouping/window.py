"""One window of articles, made comparable and grouped as a whole."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from service.domain.articles import tokenization
from service.domain.articles.copies import Copy, CopySettings, copies
from service.domain.articles.model import (
    Article,
    ArticleId,
    Floats,
    Vectors,
    canonical_order,
    hours,
)
from service.domain.grouping import constraints as editors
from service.domain.grouping.cluster import GroupingSettings, Units, group
from service.domain.grouping.constraints import Constraints
from service.domain.grouping.hysteresis import Settled, SettlingSettings
from service.domain.pairs.candidates import CandidateSettings, Pairs, candidate_pairs
from service.domain.pairs.features import Channels, Readings
from service.domain.pairs.score import PairModel
from service.domain.pairs.vocabulary import Lexicon
from service.domain.text.title_suffixes import unsigned

_DAY = 24.0


@dataclass(frozen=True, slots=True)
class StorySettings:
    """Everything that decides which articles are one story."""

    candidates: CandidateSettings
    grouping: GroupingSettings
    copies: CopySettings
    settling: SettlingSettings


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
    lexicon: Lexicon
    channels: Channels

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
    readings = Readings.of(articles, vectors)
    lexicon = readings.lexicon()
    channels = Channels.of(readings, lexicon)
    found = copies(articles, settings.copies)
    ids = tuple(article.id for article in articles)
    row_of = {key: row for row, key in enumerate(ids)}
    extra = [(row_of[copy.article], row_of[copy.original]) for copy in found]
    pairs = candidate_pairs(channels, settings.candidates, extra)
    lexicon = replace(lexicon, shift=model.shift(channels, pairs))
    channels = channels.shifted(lexicon.shift)
    scores = model.score(channels, pairs)
    labels = group(
        channels,
        pairs,
        scores,
        units_of(articles, constraints),
        model=model,
        settings=settings.grouping,
        settled=_settled(ids, standing, settings.settling),
    )
    members = defaultdict(list)
    for key, label in zip(ids, labels.tolist(), strict=True):
        members[label].append(key)
    groups = tuple(tuple(members[label]) for label in sorted(members))
    return Grouping(ids, groups, pairs, scores, tuple(found), lexicon, channels)


def _settled(
    ids: Sequence[ArticleId], standing: Mapping[ArticleId, Standing], settings: SettlingSettings
) -> Settled:
    known = [standing.get(key, _NOWHERE) for key in ids]
    ages = np.array([each.hours for each in known], dtype=np.float64)
    return Settled.among([each.story for each in known], ages, len(ids), settings)


def units_of(articles: Sequence[Article], constraints: Constraints = editors.NONE) -> Units:
    """Articles of the same words on the same day, and those that an editor bound, as units."""
    ids = [article.id for article in articles]
    bars = constraints.bars(ids)
    bonds = constraints.bonds(ids) + _twins(articles)
    return Units(editors.bonded(len(articles), bonds, bars), bars)


def _twins(articles: Sequence[Article]) -> list[tuple[int, int]]:
    """Rows that say the same, word for word but for who signs it, on one day; with the first of them.

    Those without any word say nothing, and nothing makes them twins.
    """
    first: dict[tuple[str, str, float | None], int] = {}
    twins = []
    for row, article in enumerate(articles):
        if not tokenization.has_words(article):
            continue
        hour = hours(article.published)
        day = None if np.isnan(hour) else hour // _DAY
        seen = first.setdefault((unsigned(article.title), article.text.strip(), day), row)
        if seen != row:
            twins.append((seen, row))
    return twins
