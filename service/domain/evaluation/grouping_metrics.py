"""Grouping metrics: B-cubed, pairwise F1, ARI and AMI against labels."""

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
class GroupingQuality:
    """All metrics of a predicted grouping, and the numbers of articles and groups."""

    bcubed: Agreement
    pairwise: Agreement
    ari: float
    ami: float
    articles: int
    stories: int
    predicted: int


def grouping_quality(gold: Labels, predicted: Labels) -> GroupingQuality:
    """Compare a predicted grouping with the labels, row by row."""
    # Imported here because scikit-learn takes longer to import than most commands to run.
    from sklearn.metrics import (  # noqa: PLC0415
        adjusted_mutual_info_score,
        adjusted_rand_score,
    )

    gold_codes, codes = encode_labels(gold), encode_labels(predicted)
    return GroupingQuality(
        bcubed=bcubed(gold, predicted),
        pairwise=pairwise(gold, predicted),
        ari=float(adjusted_rand_score(gold_codes, codes)),
        ami=float(adjusted_mutual_info_score(gold_codes, codes)),
        articles=len(gold),
        stories=len(set(gold)),
        predicted=len(set(predicted)),
    )


def encode_labels(labels: Labels) -> NDArray[np.int64]:
    """Encode labels as integers from 0, in order of first occurrence."""
    codes: dict[Hashable, int] = {}
    return np.array([codes.setdefault(label, len(codes)) for label in labels], dtype=np.int64)


def bcubed(gold: Labels, predicted: Labels) -> Agreement:
    """B-cubed: mean over articles of the correct share of their group (Bagga & Baldwin 1998)."""
    if not len(gold):
        return Agreement(1.0, 1.0, 1.0)
    shared, story_sizes, group_sizes = _overlaps(gold, predicted)
    precision = float((shared**2 / group_sizes).sum() / len(gold))
    recall = float((shared**2 / story_sizes).sum() / len(gold))
    return Agreement(precision, recall, _f1(precision, recall))


def pairwise(gold: Labels, predicted: Labels) -> Agreement:
    """Pairwise precision and recall over pairs of articles in one group.

    Precision is 1 without predicted pairs, recall is 1 without labelled pairs.
    """
    correct = _count_pairs(_overlaps(gold, predicted)[0]) if len(gold) else 0.0
    predicted_pairs, gold_pairs = _count_pairs(_sizes(predicted)), _count_pairs(_sizes(gold))
    precision = correct / predicted_pairs if predicted_pairs else 1.0
    recall = correct / gold_pairs if gold_pairs else 1.0
    return Agreement(precision, recall, _f1(precision, recall))


def _overlaps(gold: Labels, predicted: Labels) -> tuple[Counts, Counts, Counts]:
    """For each overlapping story and group: shared articles, and the sizes of both."""
    gold_codes, codes = encode_labels(gold), encode_labels(predicted)
    table = csr_matrix((np.ones(len(gold_codes)), (gold_codes, codes)))
    table.sum_duplicates()
    cells = table.tocoo()
    return cells.data, np.bincount(gold_codes)[cells.row], np.bincount(codes)[cells.col]


def _sizes(labels: Labels) -> Counts:
    return np.bincount(encode_labels(labels)).astype(np.float64) if len(labels) else np.zeros(0)


def _count_pairs(sizes: Counts) -> float:
    return float((sizes * (sizes - 1) / 2).sum())


def _f1(precision: float, recall: float) -> float:
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0
