"""How well a grouping agrees with labels."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Labels = Sequence[Hashable]
Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Precision, recall and F1, each between 0 and 1."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Quality:
    """Every figure of `samestory evaluate` that compares two labellings."""

    bcubed: Agreement
    pairwise: Agreement
    ari: float
    ami: float
    articles: int
    stories: int
    predicted: int


def quality(gold: Labels, predicted: Labels) -> Quality:
    """Compare a predicted grouping with the labels, row by row."""
    # Here, because it takes longer to load than most commands need in all.
    from sklearn.metrics import (  # noqa: PLC0415
        adjusted_mutual_info_score,
        adjusted_rand_score,
    )

    true, found = codes(gold), codes(predicted)
    return Quality(
        bcubed=bcubed(gold, predicted),
        pairwise=pairwise(gold, predicted),
        ari=float(adjusted_rand_score(true, found)),
        ami=float(adjusted_mutual_info_score(true, found)),
        articles=len(gold),
        stories=len(set(gold)),
        predicted=len(set(predicted)),
    )


def codes(labels: Labels) -> NDArray[np.int64]:
    """Labels as numbers from 0, in order of first sight."""
    seen: dict[Hashable, int] = {}
    return np.array([seen.setdefault(label, len(seen)) for label in labels], dtype=np.int64)


def bcubed(gold: Labels, predicted: Labels) -> Agreement:
    """B-cubed: mean over articles of the share of their group that is right (Bagga & Baldwin 1998)."""
    if not len(gold):
        return Agreement(1.0, 1.0, 1.0)
    shared, of_gold, of_found = _overlaps(gold, predicted)
    precision = float((shared**2 / of_found).sum() / len(gold))
    recall = float((shared**2 / of_gold).sum() / len(gold))
    return Agreement(precision, recall, _f1(precision, recall))


def pairwise(gold: Labels, predicted: Labels) -> Agreement:
    """Share of joined pairs that belong together, and of pairs belonging together that are joined.

    A side without any pair counts as fully right.
    """
    right = _pairs(_overlaps(gold, predicted)[0]) if len(gold) else 0.0
    joined, wanted = _pairs(_sizes(predicted)), _pairs(_sizes(gold))
    precision = right / joined if joined else 1.0
    recall = right / wanted if wanted else 1.0
    return Agreement(precision, recall, _f1(precision, recall))


def _overlaps(gold: Labels, predicted: Labels) -> tuple[Counts, Counts, Counts]:
    """For each (story, group) that share articles: how many, the story's size, the group's size."""
    true, found = codes(gold), codes(predicted)
    table = csr_matrix((np.ones(len(true)), (true, found)))
    table.sum_duplicates()
    cells = table.tocoo()
    return cells.data, np.bincount(true)[cells.row], np.bincount(found)[cells.col]


def _sizes(labels: Labels) -> Counts:
    return np.bincount(codes(labels)).astype(np.float64) if len(labels) else np.zeros(0)


def _pairs(sizes: Counts) -> float:
    return float((sizes * (sizes - 1) / 2).sum())


def _f1(precision: float, recall: float) -> float:
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0
