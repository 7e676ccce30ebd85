"""Evidence for an article's story, stored as JSON with the membership.

Scores in the evidence are calibrated probabilities (`PairModel.calibration`).

Format: ``{"score": .93, "nearest": [{"article": 7, "score": .97, "contributions": {"dense": 2.1,
…}}, …], "next": {"story": "…", "score": .21}}``. `contributions` maps each pair feature to its
contribution to the log odds of the nearest pair. Every key is optional: the first article of a
story has no nearest members, and an article without candidates in other stories has no next best
one. Scores have four decimal places, contributions three.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from service.domain.articles.model import ArticleId, Floats, Rows
from service.domain.grouping.place import MAX_NEAREST, Placement, ScoredArticle, ScoredStory
from service.domain.grouping.reason import Reason
from service.domain.grouping.window import Grouping
from service.domain.pairs.scoring.score import PairModel, pair_features

#: Maximum number of rival stories that are scored.
MAX_RIVALS = 3
#: Decimal places of probabilities in evidence.
PROBABILITY_DIGITS = 4


def explain_placement(placement: Placement) -> Reason:
    """Evidence for the story of a newly placed article."""
    return _to_reason(
        placement.probability, placement.nearest, placement.contributions, placement.next_best
    )


def explain_grouping(
    grouping: Grouping,
    articles: Collection[ArticleId],
    story_of: Mapping[ArticleId, str],
    model: PairModel,
) -> dict[ArticleId, Reason]:
    """Evidence for the stories of some articles; `story_of` maps all articles to their stories.

    The next best story is chosen among the stories of the article's candidates.
    """
    rows = [row for row, key in enumerate(grouping.ids) if key in articles and key in story_of]
    explainer = _Explainer(grouping, rows, story_of, model)
    return {grouping.ids[row]: explainer.explain(row) for row in rows}


class _Explainer:
    """The story of each row of a window, and for `rows` the rival stories of their candidates."""

    def __init__(
        self,
        grouping: Grouping,
        rows: Sequence[int],
        story_of: Mapping[ArticleId, str],
        model: PairModel,
    ) -> None:
        self._ids, self._features = grouping.ids, grouping.features
        self._stories, self._model = [story_of.get(key, "") for key in grouping.ids], model
        members: dict[str, list[int]] = {}
        for row, story in enumerate(self._stories):
            if story:
                members.setdefault(story, []).append(row)
        self._members = {story: np.array(rows) for story, rows in members.items()}
        self._rivals = self._find_rivals(grouping, rows)

    def _find_rivals(self, grouping: Grouping, rows: Sequence[int]) -> dict[int, dict[str, float]]:
        """For each of `rows` the other stories of its candidates, with their best pair scores."""
        rivals: dict[int, dict[str, float]] = {row: {} for row in rows}
        chosen = np.isin(grouping.pairs, rows).any(axis=1)
        pairs, scores = grouping.pairs[chosen].tolist(), grouping.scores[chosen].tolist()
        for (one, other), score in zip(pairs, scores, strict=True):
            for row, rival in ((one, self._stories[other]), (other, self._stories[one])):
                if row in rivals and rival not in {"", self._stories[row]}:
                    rivals[row][rival] = max(score, rivals[row].get(rival, 0.0))
        return rivals

    def explain(self, row: int) -> Reason:
        """Evidence for the story of one row."""
        members = self._members[self._stories[row]]
        members = members[members != row]
        rivals = sorted(self._rivals[row].items(), key=lambda item: (-item[1], item[0]))
        rivals = rivals[:MAX_RIVALS]
        columns = np.concatenate([members, *(self._members[story] for story, _ in rivals)])
        row_scores = np.full(len(self._ids), np.nan)
        row_scores[columns] = self._model.calibration.probability(
            self._model.score_matrix(self._features, np.array([row]), columns)[0]
        )
        means = [ScoredStory(key, _mean(row_scores, self._members[key])) for key, _ in rivals]
        next_best = max(means, key=lambda each: each.probability, default=None)
        if not len(members):
            return _to_reason(None, (), {}, next_best)
        rows = sorted(members.tolist(), key=lambda other: (-row_scores[other], other))[:MAX_NEAREST]
        nearest = [ScoredArticle(self._ids[other], float(row_scores[other])) for other in rows]
        contributions = self._contributions(row, rows[0])
        return _to_reason(_mean(row_scores, members), nearest, contributions, next_best)

    def _contributions(self, row: int, other: int) -> Mapping[str, float]:
        pair = np.array([[row, other]], dtype=np.int64)
        return self._model.contributions(pair_features(self._features, pair, self._model)[0])


def _mean(row_scores: Floats, rows: Rows) -> float:
    return float(row_scores[rows].mean())


def _to_reason(
    score: float | None,
    nearest: Sequence[ScoredArticle],
    contributions: Mapping[str, float],
    next_best: ScoredStory | None,
) -> Reason:
    """Evidence in the stored format; without `score`, the nearest members are omitted."""
    evidence: dict[str, Any] = {}
    if score is not None:
        listed: list[dict[str, Any]] = [
            {"article": each.article, "score": round(each.probability, PROBABILITY_DIGITS)}
            for each in nearest
        ]
        if listed:
            listed[0]["contributions"] = {
                name: round(value, 3) for name, value in contributions.items()
            }
        evidence |= {"score": round(score, PROBABILITY_DIGITS), "nearest": listed}
    if next_best:
        evidence["next"] = {
            "story": next_best.story,
            "score": round(next_best.probability, PROBABILITY_DIGITS),
        }
    return Reason(evidence.get("score"), evidence)
