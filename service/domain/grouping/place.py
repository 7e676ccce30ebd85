"""Placement of new articles: each joins an existing story or starts one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.articles.model import (
    Article,
    ArticleId,
    Floats,
    Vectors,
    canonical_order,
    id_key,
)
from service.domain.grouping.constraints import NO_CONSTRAINTS, Constraints, symmetric_links
from service.domain.pairs.features import Features, TokenisedArticles
from service.domain.pairs.scoring.score import PairModel, pair_features
from service.domain.pairs.vocabulary import Vocabulary
from service.settings.sections.grouping import GroupingSettings

#: Maximum number of nearest members in the evidence.
MAX_NEAREST = 3


@dataclass(frozen=True, slots=True)
class ScoredArticle:
    """A near article, and the calibrated probability that both report one event."""

    article: ArticleId
    probability: float


@dataclass(frozen=True, slots=True)
class ScoredStory:
    """Mean calibrated probability of an article with a story's members."""

    story: str
    probability: float


@dataclass(frozen=True, slots=True)
class Placement:
    """The story of a new article, and the evidence for it.

    `probability` is the mean calibrated probability of the article with the story's members.
    `story` is None for an article that starts a story, and for one that joins a story started in
    the same call. `founder` is then the article that started it. `contributions` are those of each
    feature to the log odds of the nearest pair. `next_best` is the story with
    the next best mean pair score, without the new stories of the call.
    """

    article: ArticleId
    story: str | None
    founder: ArticleId | None
    probability: float | None
    nearest: tuple[ScoredArticle, ...]
    contributions: Mapping[str, float]
    next_best: ScoredStory | None


def place(
    articles: Sequence[Article],
    vectors: Vectors,
    stories: Sequence[str | None],
    *,
    vocabulary: Vocabulary,
    model: PairModel,
    settings: GroupingSettings,
    constraints: Constraints = NO_CONSTRAINTS,
) -> list[Placement]:
    """Place the articles whose story is None among the others, in order of their dates.

    `articles` contains the new articles and all members, within the window, of the stories they
    may join. An article joins the story with the highest mean pair score, if its pair score with
    the nearest member reaches `join_score`, its mean reaches the quorum, and no member falls below
    the quorum. The order of `articles` does not matter.
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
    constraints: Constraints = NO_CONSTRAINTS,
) -> list[Placement]:
    """`place` for articles in canonical order with computed features.

    Pairs with a round-up score 0, so that it joins a story only through an editor's decision.
    """
    arrivals = _sort_arrivals(articles, stories)
    rows = np.array(arrivals, dtype=np.int64)
    scores = model.score_matrix(features, rows, np.arange(len(articles)))
    joins = np.array([article.type.joins_stories for article in articles], dtype=bool)
    scores[~joins[rows]], scores[:, ~joins] = 0, 0
    placer = _Placer(articles, features, stories, model, settings, constraints)
    return [placer.place(row, row_scores) for row, row_scores in zip(arrivals, scores, strict=True)]


def _sort_arrivals(articles: Sequence[Article], stories: Sequence[str | None]) -> list[int]:
    """Rows without a story, by date (undated last), then by id."""

    def key(row: int) -> tuple[float, tuple[bool, ArticleId]]:
        hour = articles[row].hour
        return float("inf") if np.isnan(hour) else hour, id_key(articles[row].id)

    return sorted((row for row, story in enumerate(stories) if story is None), key=key)


class _Placer:
    """Members of each story while new articles are placed one by one."""

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
        self._features = features
        self._model = model
        self._settings = settings
        ids = [article.id for article in articles]
        self._must_link = symmetric_links(constraints.must_link_rows(ids))
        self._cannot_link = symmetric_links(constraints.cannot_link_rows(ids))
        #: The key of a story is its id, or the row of its first article for a new one.
        self._members: dict[str | int, list[int]] = {}
        self._sums: dict[str | int, Floats] = {}
        for row, story in enumerate(stories):
            if story is not None:
                self._members.setdefault(story, []).append(row)

    def place(self, row: int, row_scores: Floats) -> Placement:
        """Place one article; `row_scores` are its pair scores with every row."""
        ranked = sorted(
            (
                (round(float(row_scores[rows].mean()), 6), key)
                for key, rows in self._members.items()
            ),
            key=lambda item: (-item[0], str(item[1])),
        )
        chosen = self._must_link_story(row, [key for _, key in ranked])
        if chosen is None:
            chosen = next((key for _, key in ranked if self._can_join(key, row, row_scores)), None)
        placement = self._placement(row, row_scores, chosen, ranked)
        key = row if chosen is None else chosen
        members = self._members.setdefault(key, [])
        if key in self._sums:
            near = row_scores[members]
            self._sums[key] = np.append(self._sums[key] + near, near.sum())
        members.append(row)
        return placement

    def _must_link_story(self, row: int, ranked: Sequence[str | int]) -> str | int | None:
        """The best story with a must-link article."""
        linked = self._must_link.get(row, set())
        for key in ranked if linked else ():
            rows = self._members[key]
            if linked.intersection(rows) and not self._has_cannot_link(row, rows):
                return key
        return None

    def _has_cannot_link(self, row: int, rows: Sequence[int]) -> bool:
        return bool(self._cannot_link.get(row, set()).intersection(rows))

    def _can_join(self, key: str | int, row: int, row_scores: Floats) -> bool:
        """Whether a member is near enough and the story meets the quorum with the new article."""
        rows = self._members[key]
        near = row_scores[rows]
        if near.max() < self._settings.join_score or self._has_cannot_link(row, rows):
            return False
        if near.mean() < self._settings.quorum:
            return False
        before = self._mean_scores(key)
        after = (before * (len(rows) - 1) + near) / len(rows)
        return not ((after < self._settings.quorum) & (before >= self._settings.quorum)).any()

    def _mean_scores(self, key: str | int) -> Floats:
        """Mean pair score of each member with the others; 1 for a single member."""
        rows = np.array(self._members[key], dtype=np.int64)
        if key not in self._sums:
            scores = self._model.score_matrix(self._features, rows, rows)
            self._sums[key] = scores.sum(axis=1) - 1
        return self._sums[key] / (len(rows) - 1) if len(rows) > 1 else np.ones(1)

    def _placement(
        self,
        row: int,
        row_scores: Floats,
        chosen: str | int | None,
        ranked: Sequence[tuple[float, str | int]],
    ) -> Placement:
        probabilities = self._model.calibration.probability(row_scores)

        def mean(key: str | int) -> float:
            return round(float(probabilities[self._members[key]].mean()), 6)

        placed = [other for rows in self._members.values() for other in rows]
        others = placed if chosen is None else self._members[chosen]
        nearest = sorted(others, key=lambda other: (-row_scores[other], other))[:MAX_NEAREST]
        second = next((key for _, key in ranked if key != chosen and isinstance(key, str)), None)
        contributions: dict[str, float] = {}
        if nearest:
            pair = np.array([[row, nearest[0]]], dtype=np.int64)
            values = pair_features(self._features, pair, self._model)[0]
            contributions = self._model.contributions(values)
        return Placement(
            article=self._articles[row].id,
            story=chosen if isinstance(chosen, str) else None,
            founder=self._articles[chosen].id if isinstance(chosen, int) else None,
            probability=None if chosen is None else mean(chosen),
            nearest=tuple(
                ScoredArticle(self._articles[o].id, float(probabilities[o])) for o in nearest
            ),
            contributions=contributions,
            next_best=None if second is None else ScoredStory(second, mean(second)),
        )
