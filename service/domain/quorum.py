"""Whether a group holds together, and the cut of one that does not."""

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from service.domain.articles import Floats, Rows

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]


def standing(scores: Matrix, sizes: Floats) -> Floats:
    """Mean pair score of each unit's articles with the rest of the group, shape (units,).

    `scores` has shape (units, units) with 1 on the diagonal, `sizes` counts the articles of each
    unit; articles of one unit score 1 with each other. A single article stands at 1.
    """
    others = sizes.sum() - 1
    if others <= 0:
        return np.ones(len(sizes))
    return np.asarray((scores @ sizes - 1) / others)


def holds(scores: Matrix, sizes: Floats, barred: Mask, quorum: float) -> bool:
    """Whether no article of the group stands under the quorum and none is barred from another."""
    return not barred.any() and bool(standing(scores, sizes).min() >= quorum)


def split_to_quorum(scores: Matrix, sizes: Floats, barred: Mask, quorum: float) -> list[Rows]:
    """The group's largest branches under average linkage that hold; a single unit always does."""
    tree = _tree(scores)
    waiting, found = [len(tree) - 1], []
    while waiting:
        rows, children = tree[waiting.pop()]
        inside = np.ix_(rows, rows)
        if not children or holds(scores[inside], sizes[rows], barred[inside], quorum):
            found.append(rows)
        else:
            waiting.extend(children)
    return sorted(found, key=lambda rows: int(rows[0]))


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
