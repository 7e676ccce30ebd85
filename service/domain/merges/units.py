"""Scores between units of articles, the average-linkage tree over them, and splitting by quorum."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from service.domain.articles.model import Floats, Rows

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class UnitScores:
    """Mean pair scores between units, which are articles that are never separated.

    `scores` has shape (units, units), 1 on the diagonal. `sizes` counts the articles of each unit,
    which score 1 among themselves. `cannot_link` marks units that must be in different groups.
    """

    scores: Matrix
    sizes: Floats
    cannot_link: Mask

    @classmethod
    def from_single_articles(cls, scores: Matrix) -> Self:
        """Units of one article each, without constraints."""
        return cls(scores, np.ones(len(scores)), np.zeros(scores.shape, dtype=bool))

    def __len__(self) -> int:
        """Number of units."""
        return len(self.sizes)

    def subset(self, units: Rows) -> Self:
        """Select units, in the given order."""
        inside = np.ix_(units, units)
        return type(self)(self.scores[inside], self.sizes[units], self.cannot_link[inside])

    def mean_scores(self) -> Floats:
        """Mean pair score of each unit's articles with all others, shape (units,).

        1 for a single article.
        """
        others = self.sizes.sum() - 1
        if others <= 0:
            return np.ones(len(self))
        return np.asarray((self.scores @ self.sizes - 1) / others)

    def meets_quorum(self, quorum: float) -> bool:
        """Whether every article reaches the quorum and no cannot-link constraint is violated."""
        return not self.cannot_link.any() and bool(self.mean_scores().min() >= quorum)

    def mean_scores_with(self, one: Rows, others: list[Rows]) -> Floats:
        """Mean pair score of a set of units with each of some other sets, shape (others,)."""
        if not others:
            return np.zeros(0)
        first = self.sizes[one]
        sums = (first @ self.scores[one]) * self.sizes
        starts = np.cumsum([0, *map(len, others[:-1])])
        flat = np.concatenate(others)
        totals = np.add.reduceat(sums[flat], starts)
        return np.asarray(totals / (first.sum() * np.add.reduceat(self.sizes[flat], starts)))

    def mean_scores_between(self, parts: list[Rows]) -> Matrix:
        """Mean pair score of each two sets of units, shape (parts, parts).

        0 for sets that a cannot-link constraint separates.
        """
        weights = np.zeros((len(parts), len(self)))
        for number, units in enumerate(parts):
            weights[number, units] = self.sizes[units]
        counts = weights.sum(axis=1)
        means = weights @ self.scores @ weights.T / np.outer(counts, counts)
        means[(weights @ self.cannot_link @ weights.T) > 0] = 0
        return np.asarray(means)


def split_to_quorum(units: UnitScores, quorum: float) -> list[Rows]:
    """Split into the largest branches of an average-linkage tree that meet the quorum.

    A single unit always meets it.
    """
    tree = linkage_tree(units.scores)
    stack, parts = [len(tree) - 1], []
    while stack:
        rows, children = tree[stack.pop()]
        if not children or units.subset(rows).meets_quorum(quorum):
            parts.append(rows)
        else:
            stack.extend(children)
    return sorted(parts, key=lambda rows: int(rows[0]))


def linkage_tree(scores: Matrix) -> list[tuple[Rows, tuple[int, ...]]]:
    """Branches of the average-linkage tree, leaves first: their rows and their two children."""
    tree: list[tuple[Rows, tuple[int, ...]]] = [
        (np.array([row], dtype=np.int64), ()) for row in range(len(scores))
    ]
    if len(scores) > 1:
        for left, right in linkage(squareform(1 - scores, checks=False), "average")[:, :2]:
            children = (int(left), int(right))
            rows = np.sort(np.concatenate([tree[child][0] for child in children]))
            tree.append((rows, children))
    return tree
