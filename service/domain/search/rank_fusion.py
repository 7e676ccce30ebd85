"""Several rankings made one."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

#: How little the first places outweigh the next ones; see `reciprocal_rank`.
DAMPING = 60


def reciprocal_rank(rankings: Iterable[Sequence[Key]]) -> dict[Key, float]:
    """What is ranked anywhere with its score, best first: the sum of 1 / (60 + rank).

    Ranks count from 1; a ranking that does not hold a key adds nothing to it. The formula and
    its constant are those of Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms
    Condorcet and individual rank learning methods", SIGIR 2009. Scores of different kinds, as a
    weight of words and a cosine, are never compared, only places. Of equal ones the one that is
    met first in the rankings, taken in turn, comes first.
    """
    scores: dict[Key, float] = {}
    for ranking in rankings:
        for rank, key in enumerate(dict.fromkeys(ranking), start=1):
            scores[key] = scores.get(key, 0.0) + 1 / (DAMPING + rank)
    return dict(sorted(scores.items(), key=lambda item: -item[1]))
