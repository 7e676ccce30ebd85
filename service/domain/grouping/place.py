"""New articles join a story, or start one, as they arrive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.articles.model import (
    Article,
    ArticleId,
    Floats,
    Vectors,
    canonical_order,
    hours_since_epoch,
    id_key,
)
from service.domain.grouping import constraints as editors
from service.domain.grouping.constraints import Constraints, both_ways
from service.domain.pairs.features import Features, TokenisedArticles
from service.domain.pairs.score import PairModel, pair_features
from service.domain.pairs.vocabulary import Vocabulary
from service.settings.grouping import GroupingSettings

#: Members named as evidence.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An article beside another, with their pair score."""

    article: ArticleId
    score: float


@dataclass(frozen=True, slots=True)
class StoryScore:
    """Mean pair score of an article with a story's members."""

    story: str
    score: float


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an article belongs, and why.

    `story` is None when it starts a story of its own, unless it joins a fellow arrival that did:
    then `founder` names that one. `shares` says what each feature adds to the log odds of the
    nearest pair; `next_best` is the best story it did not join.
    """

    article: ArticleId
    story: str | None
    founder: ArticleId | None
    score: float | None
    nearest: tuple[Neighbour, ...]
    shares: Mapping[str, float]
    next_best: StoryScore | None


def place(
    articles: Sequence[Article],
    vectors: Vectors,
    stories: Sequence[str | None],
    *,
    vocabulary: Vocabulary,
    model: PairModel,
    settings: GroupingSettings,
    constraints: Constraints = editors.NONE,
) -> list[Placement]:
    """Place the articles whose story is None, in order of their dates, among the others.

    `articles` are the arrivals together with all members, within the window, of the stories
    they may join. An article joins the story with the highest mean pair score among those where
    its nearest member is as near as grouping asks and the quorum still holds for everyone.
    The same articles in any order give the same placements.
    """
    order = canonical_order(articles)
    articles = [articles[row] for row in order]
    features = Features.build(TokenisedArticles.build(articles, vectors[order]), vocabulary)
    return place_rows(
        articles,
        features,
        [stories[row] for row in order],
        model=model,
        settings=settings,
        constraints=constraints,
    )


def place_rows(
    articles: Sequence[Article],
    features: Features,
    stories: Sequence[str | None],
    *,
    model: PairModel,
    settings: GroupingSettings,
    constraints: Constraints = editors.NONE,
) -> list[Placement]:
    """`place` for articles in canonical order whose channels are there already."""
    arrivals = arrival_order(articles, stories)
    rows = np.array(arrivals, dtype=np.int64)
    scores = model.between(features, rows, np.arange(len(articles)))
    board = _Board(articles, features, stories, model, settings, constraints)
    return [board.place(row, line) for row, line in zip(arrivals, scores, strict=True)]


def arrival_order(articles: Sequence[Article], stories: Sequence[str | None]) -> list[int]:
    """Rows without a story, by date, undated last, then by id."""
    waiting = [row for row, story in enumerate(stories) if story is None]
    return sorted(waiting, key=lambda row: _moment(articles[row]))


def _moment(article: Article) -> tuple[float, tuple[bool, ArticleId]]:
    hour = hours_since_epoch(article.published)
    return float("inf") if np.isnan(hour) else hour, id_key(article.id)


class _Board:
    """Which article is in which story so far; arrivals are put on it one by one."""

    def __init__(  # noqa: PLR0917  # private, called once
        self,
        articles: Sequence[Article],
        features: Features,
        stories: Sequence[str | None],
        model: PairModel,
        settings: GroupingSettings,
        constraints: Constraints,
    ) -> None:
        self._articles = articles
        self._channels = features
        self._model = model
        self._settings = settings
        ids = [article.id for article in articles]
        self._bonds = both_ways(constraints.bonds(ids))
        self._bars = both_ways(constraints.bars(ids))
        #: A story is named by its id, a new one by its founder's row.
        self._members: dict[str | int, list[int]] = {}
        self._sums: dict[str | int, Floats] = {}
        for row, story in enumerate(stories):
            if story is not None:
                self._members.setdefault(story, []).append(row)

    def place(self, row: int, line: Floats) -> Placement:
        """Decide for one arrival; `line` holds its pair scores with every row."""
        ranked = sorted(
            ((round(float(line[rows].mean()), 6), key) for key, rows in self._members.items()),
            key=lambda item: (-item[0], str(item[1])),
        )
        chosen = self._bound(row, [key for _, key in ranked])
        if chosen is None:
            chosen = next((key for _, key in ranked if self._admits(key, row, line)), None)
        placement = self._placement(row, line, chosen, ranked)
        self._join(row, line, row if chosen is None else chosen)
        return placement

    def _bound(self, row: int, ranked: Sequence[str | int]) -> str | int | None:
        """The best story that an editor's bond leads to."""
        bonds = self._bonds.get(row, set())
        for key in ranked if bonds else ():
            rows = self._members[key]
            if bonds.intersection(rows) and not self._barred(row, rows):
                return key
        return None

    def _barred(self, row: int, rows: Sequence[int]) -> bool:
        return bool(self._bars.get(row, set()).intersection(rows))

    def _admits(self, key: str | int, row: int, line: Floats) -> bool:
        """Whether the story has a near enough member and keeps its quorum with the arrival."""
        rows = self._members[key]
        near = line[rows]
        if near.max() < self._settings.join or self._barred(row, rows):
            return False
        if near.mean() < self._settings.quorum:
            return False
        before = self._standings(key)
        after = (before * (len(rows) - 1) + near) / len(rows)
        return not ((after < self._settings.quorum) & (before >= self._settings.quorum)).any()

    def _standings(self, key: str | int) -> Floats:
        """Each member's mean pair score with the others; a single one stands at 1."""
        rows = np.array(self._members[key], dtype=np.int64)
        if key not in self._sums:
            self._sums[key] = self._model.between(self._channels, rows, rows).sum(axis=1) - 1
        return self._sums[key] / (len(rows) - 1) if len(rows) > 1 else np.ones(1)

    def _join(self, row: int, line: Floats, key: str | int) -> None:
        rows = self._members.setdefault(key, [])
        if key in self._sums:
            near = line[rows]
            self._sums[key] = np.append(self._sums[key] + near, near.sum())
        rows.append(row)

    def _placement(
        self,
        row: int,
        line: Floats,
        chosen: str | int | None,
        ranked: Sequence[tuple[float, str | int]],
    ) -> Placement:
        means = {key: score for score, key in ranked}
        seen = [other for rows in self._members.values() for other in rows]
        nearest = _nearest(line, seen if chosen is None else self._members[chosen])
        second = next((key for _, key in ranked if key != chosen and isinstance(key, str)), None)
        return Placement(
            article=self._articles[row].id,
            story=chosen if isinstance(chosen, str) else None,
            founder=self._articles[chosen].id if isinstance(chosen, int) else None,
            score=None if chosen is None else means[chosen],
            nearest=tuple(Neighbour(self._articles[o].id, float(line[o])) for o in nearest),
            shares=self._shares(row, nearest),
            next_best=None if second is None else StoryScore(second, means[second]),
        )

    def _shares(self, row: int, nearest: Sequence[int]) -> dict[str, float]:
        if not nearest:
            return {}
        pair = np.array([[row, nearest[0]]], dtype=np.int64)
        return self._model.shares(pair_features(self._channels, pair, self._model)[0])


def _nearest(line: Floats, rows: Sequence[int]) -> list[int]:
    return sorted(rows, key=lambda row: (-line[row], row))[:_NAMED]
