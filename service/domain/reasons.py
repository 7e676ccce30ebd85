"""Why an article is in its story, as it is stored with the membership.

The form is JSON: ``{"score": .93, "nearest": [{"article": 7, "score": .97, "shares": {"dense": 2.1,
…}}, …], "next": {"story": "…", "score": .21}}``. Shares are what each feature adds to the log odds
of the nearest pair. Any key may be absent: a founder was nearest to nobody, and reconcile, which
compares groups, knows no next-best story.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.domain.articles import ArticleId
from service.domain.placing import Placement
from service.domain.windows import Grouping

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


def of_grouping(grouping: Grouping, wanted: Collection[ArticleId]) -> dict[ArticleId, Reason]:
    """Why the wanted articles are in their groups: the candidates that are there with them."""
    group_of = grouping.labels()
    near: dict[ArticleId, list[tuple[float, ArticleId]]] = {key: [] for key in wanted}
    for (first, second), score in zip(
        grouping.pairs.tolist(), grouping.scores.tolist(), strict=True
    ):
        one, other = grouping.ids[first], grouping.ids[second]
        if group_of[one] != group_of[other]:
            continue
        if one in near:
            near[one].append((score, other))
        if other in near:
            near[other].append((score, one))
    return {key: _reason(found) for key, found in near.items()}


def _reason(near: list[tuple[float, ArticleId]]) -> Reason:
    if not near:
        return Reason()
    best = sorted(near, key=lambda item: (-item[0], str(item[1])))[:NAMED]
    score = sum(score for score, _ in near) / len(near)
    named = [{"article": article, "score": score} for score, article in best]
    return Reason(score, {"score": round(score, 4), "nearest": named})
