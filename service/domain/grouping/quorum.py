"""Whether a group holds together, and the cut of one that does not."""

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
class Peers:
    """Units that are compared with each other.

    `scores` are their mean pair scores, shape (units, units), 1 on the diagonal; `sizes` counts
    the articles of each, which score 1 among themselves; `barred` tells who must be apart.
    """

    scores: Matrix
    sizes: Floats
    barred: Mask

    @classmethod
    def single(cls, scores: Matrix) -> Self:
        """Units of one article each, none of them barred."""
        return cls(scores, np.ones(len(scores)), np.zeros(scores.shape, dtype=bool))

    def __len__(self) -> int:
        """How many units."""
        return len(self.sizes)

    def of(self, units: Rows) -> Self:
        """Some of them."""
        inside = np.ix_(units, units)
        return type(self)(self.scores[inside], self.sizes[units], self.barred[inside])

    def standing(self) -> Floats:
        """Mean pair score of each unit's articles with all others, shape (units,).

        A single article stands at 1.
        """
        others = self.sizes.sum() - 1
        if others <= 0:
            return np.ones(len(self))
        return np.asarray((self.scores @ self.sizes - 1) / others)

    def hold(self, quorum: float) -> bool:
        """Whether no article stands under the quorum and nobody is barred from another."""
        return not self.barred.any() and bool(self.standing().min() >= quorum)

    def between(self, parts: list[Rows]) -> Matrix:
        """Mean pair score of each two sets of units, shape (parts, parts); 0 where they are barred."""
        belongs = np.zeros((len(parts), len(self)))
        for number, units in enumerate(parts):
            belongs[number, units] = self.sizes[units]
        counts = belongs.sum(axis=1)
        means = belongs @ self.scores @ belongs.T / np.outer(counts, counts)
        means[(belongs @ self.barred @ belongs.T) > 0] = 0
        return np.asarray(means)


def split_to_quorum(peers: Peers, quorum: float) -> list[Rows]:
    """The largest branches under average linkage that hold; a single unit always does."""
    tree = _tree(peers.scores)
    waiting, found = [len(tree) - 1], []
    while waiting:
        units, children = tree[waiting.pop()]
        if not children or peers.of(units).hold(quorum):
            found.append(units)
        else:
            waiting.extend(children)
    return sorted(found, key=lambda units: int(units[0]))


def _tree(scores: Matrix) -> list[tuple[Rows, tuple[int, ...]]]:
    """Branches of the average-linkage tree, leaves first: their rows and their two branches."""
    tree: list[tuple[Rows, tuple[int, ...]]] = [
        (np.array([row], dtype=np.int64), ()) for row in range(len(scores))
    ]
    if len(scores) > 1:
        for left, right in linkage(squareform(1 - scores, checks=False), "average")[:, :2]:
            children = (int(left), int(right))
            rows = np.sort(np.concatenate([tree[child][0] for child in children]))
            tree.append((rows, children))
    return tree
