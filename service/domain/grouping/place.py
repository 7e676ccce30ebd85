"""Placement of new articles: each joins an existing story or starts one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

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
from service.domain.grouping.members import StoryMembers
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
    unmasked = scores[:, rows]
    joins = np.array([article.type.joins_stories for article in articles], dtype=bool)
    scores[~joins[rows]], scores[:, ~joins] = 0, 0
    members = StoryMembers(features, stories, model, settings, rows, unmasked)
    members.score_joinable(scores)
    placer = _Placer(articles, model, settings, constraints, members)
    placements = [
        placer.place(row, row_scores) for row, row_scores in zip(arrivals, scores, strict=True)
    ]
    return _with_contributions(placements, articles, features, model)


def _with_contributions(
    placements: Sequence[Placement],
    articles: Sequence[Article],
    features: Features,
    model: PairModel,
) -> list[Placement]:
    """Add the contributions to the pair score of each article with its nearest member."""
    row_of = {article.id: row for row, article in enumerate(articles)}
    pairs = [
        (row_of[each.article], row_of[each.nearest[0].article])
        for each in placements
        if each.nearest
    ]
    values = iter(pair_features(features, np.array(pairs, dtype=np.int64).reshape(-1, 2), model))
    return [
        replace(each, contributions=model.contributions(next(values))) if each.nearest else each
        for each in placements
    ]


def _sort_arrivals(articles: Sequence[Article], stories: Sequence[str | None]) -> list[int]:
    """Rows without a story, by date (undated last), then by id."""

    def key(row: int) -> tuple[float, tuple[bool, ArticleId]]:
        hour = articles[row].hour
        return float("inf") if np.isnan(hour) else hour, id_key(articles[row].id)

    return sorted((row for row, story in enumerate(stories) if story is None), key=key)


class _Placer:
    """Places new articles one by one."""

    def __init__(
        self,
        articles: Sequence[Article],
        model: PairModel,
        settings: GroupingSettings,
        constraints: Constraints,
        members: StoryMembers,
    ) -> None:
        self._articles = articles
        self._model = model
        self._settings = settings
        self._members = members
        ids = [article.id for article in articles]
        self._must_link = symmetric_links(constraints.must_link_rows(ids))
        self._cannot_link = symmetric_links(constraints.cannot_link_rows(ids))

    def place(self, row: int, row_scores: Floats) -> Placement:
        """Place one article; `row_scores` are its pair scores with every row."""
        means = self._members.means(row_scores)
        chosen = self._must_link_story(row, means)
        if chosen is None:
            # The means are rounded, and the quorum is compared with exact ones.
            near = np.flatnonzero(means >= self._settings.quorum - 1e-6).tolist()
            chosen = next(
                (
                    number
                    for number in self._rank(near, means)
                    if self._can_join(number, row, row_scores)
                ),
                None,
            )
        placement = self._placement(row, row_scores, chosen, means)
        self._members.add(row, chosen, row_scores)
        return placement

    def _rank(self, numbers: Iterable[int], means: Floats) -> list[int]:
        """Sort stories by their mean pair score, highest first; ties by the key."""
        keys = self._members.keys
        return sorted(numbers, key=lambda number: (-means[number], str(keys[number])))

    def _must_link_story(self, row: int, means: Floats) -> int | None:
        """The best story with a must-link article."""
        linked = np.array(sorted(self._must_link.get(row, ())), dtype=np.int64)
        numbers = set(self._members.story_of[linked].tolist()) - {-1}
        allowed = (
            number
            for number in self._rank(numbers, means)
            if not self._has_cannot_link(row, self._members.rows[number])
        )
        return next(allowed, None)

    def _has_cannot_link(self, row: int, rows: Sequence[int]) -> bool:
        return bool(self._cannot_link.get(row, set()).intersection(rows))

    def _can_join(self, number: int, row: int, row_scores: Floats) -> bool:
        """Whether a member is near enough and the story meets the quorum with the new article."""
        rows = self._members.rows[number]
        near = row_scores[rows]
        if near.max() < self._settings.join_score or self._has_cannot_link(row, rows):
            return False
        if near.mean() < self._settings.quorum:
            return False
        before = self._members.mean_scores(number)
        after = (before * (len(rows) - 1) + near) / len(rows)
        return not ((after < self._settings.quorum) & (before >= self._settings.quorum)).any()

    def _placement(
        self, row: int, row_scores: Floats, chosen: int | None, means: Floats
    ) -> Placement:
        """The placement with its evidence, without contributions."""
        members = self._members
        probabilities = self._model.calibration.probability(row_scores)

        def mean(number: int) -> float:
            return round(float(probabilities[members.rows[number]].mean()), 6)

        others = np.flatnonzero(members.story_of >= 0)
        if chosen is not None:
            others = np.array(members.rows[chosen])
        nearest = others[np.lexsort((others, -row_scores[others]))][:MAX_NEAREST]
        rest = means[: members.existing].copy()
        if chosen is not None and chosen < members.existing:
            rest[chosen] = 0
        best = rest.max(initial=0)
        second = self._rank(np.flatnonzero(rest == best).tolist() if best > 0 else [], means)
        key = None if chosen is None else members.keys[chosen]
        return Placement(
            article=self._articles[row].id,
            story=key if isinstance(key, str) else None,
            founder=self._articles[key].id if isinstance(key, int) else None,
            probability=None if chosen is None else mean(chosen),
            nearest=tuple(
                ScoredArticle(self._articles[o].id, float(probabilities[o])) for o in nearest
            ),
            contributions={},
            next_best=ScoredStory(str(members.keys[second[0]]), mean(second[0]))
            if second
            else None,
        )
