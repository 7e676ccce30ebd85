"""Similar events: pairs of articles that report two events in nearly the same words.

For example, an outlet reports a crash in Kenya and a crash in Pakistan under titles that differ
only in the name. The texts are nearly equal, so the pair score is high. Different names separate
two articles only if their titles are otherwise nearly equal. In other pairs, different names mean
little, because outlets choose different details of one event.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from service.domain.articles.model import Floats, Rows
from service.domain.pairs.features import Features

#: Minimum cosine of two titles without their names: for articles of one outlet, of two outlets.
_MIN_COSINE, _MIN_COSINE_OF_OUTLETS = 0.45, 0.5
#: Minimum share of the names of each title that the other article lacks, in the same order. Two
#: outlets often name different places or people of one event.
_MIN_MISSING, _MIN_MISSING_OF_OUTLETS = 0.5, 0.9


def similar_pairs(features: Features, names: csr_matrix, pairs: Rows) -> NDArray[np.bool_]:
    """Whether the articles of each pair of rows report two similar events. Shape (m,).

    `names` are `features.names` as booleans, converted once for many calls.
    """
    first, second = pairs[:, 0], pairs[:, 1]
    one, other = features.title_names[first], features.title_names[second]
    return _are_similar(
        _row_sums(features.template[first].multiply(features.template[second])),
        _share(_row_sums(one.multiply(names[second])), _row_sums(one)),
        _share(_row_sums(other.multiply(names[first])), _row_sums(other)),
        features.outlets[first],
        features.outlets[second],
    )


def similar_matrix(one: Features, other: Features) -> NDArray[np.bool_]:
    """Whether each article and each other report two similar events. Shape (rows, others)."""
    ours = (one.title_names @ other.names.astype(bool).T).toarray()
    theirs = (one.names.astype(bool) @ other.title_names.T).toarray()
    return _are_similar(
        (one.template @ other.template.T).toarray(),
        _share(ours, _row_sums(one.title_names)[:, None]),
        _share(theirs, _row_sums(other.title_names)[None, :]),
        one.outlets[:, None],
        other.outlets[None, :],
    )


def _are_similar(
    cosines: Floats, shared: Floats, other_shared: Floats, outlets: Rows, other_outlets: Rows
) -> NDArray[np.bool_]:
    """Apply the rule to cosines of titles without names and shares of common names; broadcasts."""
    missing = 1 - np.maximum(shared, other_shared)
    one_outlet = (outlets == other_outlets) & (outlets >= 0)
    return np.where(
        one_outlet,
        (cosines >= _MIN_COSINE) & (missing >= _MIN_MISSING),
        (cosines >= _MIN_COSINE_OF_OUTLETS) & (missing >= _MIN_MISSING_OF_OUTLETS),
    )


def _share(part: Floats, total: Floats) -> Floats:
    """Share of the names of a title that the other article has; 1 for a title without names."""
    return np.asarray(np.where(total > 0, part / np.where(total > 0, total, 1), 1))


def _row_sums(matrix: csr_matrix) -> Floats:
    return np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()
