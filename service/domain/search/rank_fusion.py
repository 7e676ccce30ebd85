"""Reciprocal rank fusion of several rankings."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

#: The constant k of the formula: a higher value reduces the advantage of the first places.
DAMPING = 60


def fuse_rankings(rankings: Iterable[Sequence[Key]]) -> dict[Key, float]:
    """Score each key by the sum of 1 / (60 + rank) over the rankings; return the best first.

    Ranks count from 1. A key that is not in a ranking gets nothing from it. Only ranks count, so
    rankings with scores of different kinds, such as ts_rank and cosine, can be fused. Keys with
    equal scores keep the order in which they first occur in the rankings.

    Formula and constant: Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms
    Condorcet and individual rank learning methods", SIGIR 2009.
    """
    scores: dict[Key, float] = {}
    for ranking in rankings:
        for rank, key in enumerate(dict.fromkeys(ranking), start=1):
            scores[key] = scores.get(key, 0.0) + 1 / (DAMPING + rank)
    return dict(sorted(scores.items(), key=lambda item: -item[1]))
