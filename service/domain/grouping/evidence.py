"""Why an article is in its story, as it is stored with the membership.

The form is JSON: ``{"score": .93, "nearest": [{"article": 7, "score": .97, "shares": {"dense": 2.1,
…}}, …], "next": {"story": "…", "score": .21}}``. Shares are what each feature adds to the log odds
of the nearest pair. Any key may be absent: a founder was nearest to nobody, and where no candidate is in
another story, none is next best.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from service.domain.articles.model import ArticleId, Floats, Rows
from service.domain.grouping.place import Placement
from service.domain.grouping.window import Grouping
from service.domain.pairs.score import PairModel, features

#: Members named as evidence.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """Mean pair score with the members, None for a founder, and the evidence as JSON."""

    score: float | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


def of_placement(placement: Placement) -> Reason:
    """Why an arrival was placed where it is."""
    evidence: dict[str, Any] = {}
    if placement.score is not None:
        named: list[dict[str, Any]] = [
            {"article": near.article, "score": near.score} for near in placement.nearest
        ]
        if named:
            named[0]["shares"] = {name: round(x, 3) for name, x in placement.shares.items()}
        evidence = {"score": placement.score, "nearest": named}
    if placement.next_best:
        best = placement.next_best
        evidence["next"] = {"story": best.story, "score": round(best.score, 4)}
    return Reason(placement.score, evidence)


def of_grouping(
    grouping: Grouping,
    wanted: Collection[ArticleId],
    homes: Mapping[ArticleId, str],
    model: PairModel,
) -> dict[ArticleId, Reason]:
    """Why the wanted articles are in their stories; `homes` names the story of each article now.

    As for an arrival: the nearest members, what makes the nearest so near, and the story that is
    next best among those of the article's candidates.
    """
    reasons = _Reasons(grouping, homes, model)
    rows = [row for row, key in enumerate(grouping.ids) if key in wanted and key in homes]
    return {grouping.ids[row]: reasons.of(row) for row in rows}


class _Reasons:
    """A window's stories by row, and those of each row's candidates."""

    def __init__(
        self, grouping: Grouping, homes: Mapping[ArticleId, str], model: PairModel
    ) -> None:
        self._ids, self._channels = grouping.ids, grouping.channels
        self._homes, self._model = [homes.get(key, "") for key in grouping.ids], model
        members: dict[str, list[int]] = {}
        for row, story in enumerate(self._homes):
            if story:
                members.setdefault(story, []).append(row)
        self._members = {story: np.array(rows) for story, rows in members.items()}
        self._rivals = self._stories_of_candidates(grouping)

    def _stories_of_candidates(self, grouping: Grouping) -> list[dict[str, float]]:
        """For each row the other stories of its candidates, with the best score there."""
        found: list[dict[str, float]] = [{} for _ in self._ids]
        for (one, other), score in zip(
            grouping.pairs.tolist(), grouping.scores.tolist(), strict=True
        ):
            for row, rival in ((one, self._homes[other]), (other, self._homes[one])):
                if rival not in {"", self._homes[row]}:
                    found[row][rival] = max(score, found[row].get(rival, 0.0))
        return found

    def of(self, row: int) -> Reason:
        """Why one row is where it is."""
        members = self._members[self._homes[row]]
        members = members[members != row]
        rivals = sorted(self._rivals[row].items(), key=lambda item: (-item[1], item[0]))[:NAMED]
        columns = np.concatenate([members, *(self._members[story] for story, _ in rivals)])
        line = self._line(row, columns)
        means = {story: _mean(line, self._members[story]) for story, _ in rivals}
        score = _mean(line, members) if len(members) else None
        evidence: dict[str, Any] = {}
        if score is not None:
            evidence |= {"score": score, "nearest": self._near(row, line, members)}
        if means:
            best = max(means, key=lambda story: means[story])
            evidence["next"] = {"story": best, "score": means[best]}
        return Reason(score, evidence)

    def _line(self, row: int, columns: Rows) -> Floats:
        """Pair scores of a row, NaN where nobody asked."""
        line = np.full(len(self._ids), np.nan)
        line[columns] = self._model.between(self._channels, np.array([row]), columns)[0]
        return line

    def _near(self, row: int, line: Floats, members: Rows) -> list[dict[str, Any]]:
        nearest = sorted(members.tolist(), key=lambda other: (-line[other], other))[:NAMED]
        named: list[dict[str, Any]] = [
            {"article": self._ids[other], "score": float(line[other])} for other in nearest
        ]
        pair = np.array([[row, nearest[0]]], dtype=np.int64)
        shares = self._model.shares(features(self._channels, pair, self._model)[0])
        named[0]["shares"] = {name: round(share, 3) for name, share in shares.items()}
        return named


def _mean(line: Floats, rows: Rows) -> float:
    return round(float(line[rows].mean()), 4)
