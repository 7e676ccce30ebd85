"""Training of the merge model: logistic regression on the nodes of labelled windows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.domain.articles.model import Floats
from service.domain.merges.decision import merge_weights
from service.domain.merges.features import MERGE_FEATURES, Components
from service.domain.merges.group_pairs import GroupPairs
from service.domain.merges.model import MergeModel
from service.domain.merges.units import linkage_tree
from service.domain.pairs.scoring.training import minimise_log_loss
from service.errors import BadInputError

#: Strong regularisation: sets differ in length of text, density and dates, and weights that fit
#: one kind of set closely transfer badly to the others.
_RIDGE = 0.01


@dataclass(frozen=True, slots=True)
class LabelledMerges:
    """Nodes of one window's trees: feature rows (m, features), labels and weights (m,)."""

    features: Floats
    same: NDArray[np.bool_]
    weights: Floats


def label_merges(
    components: Sequence[tuple[Components, list[list[int]]]], labels: NDArray[np.int64]
) -> LabelledMerges:
    """Label the nodes of all trees; `components` has each component with the rows of its units.

    A merge is right if the most frequent label of both branches is the same.
    """
    features, same, weights = [np.zeros((0, len(MERGE_FEATURES)))], [], [np.zeros(0)]
    for component, members in components:
        tree = linkage_tree(component.units.scores)
        majority = [
            Counter(labels[[row for unit in units for row in members[unit]]].tolist())
            for units, _ in tree
        ]
        splits = [children for _, children in tree if children]
        for children in splits:
            first, second = (majority[child].most_common(1)[0][0] for child in children)
            same.append(first == second)
        pairs = GroupPairs.build(
            [(tree[one][0], tree[other][0]) for one, other in splits], len(component.units)
        )
        features.append(component.merge_features(pairs))
        weights.append(merge_weights(component.units.sizes, pairs))
    return LabelledMerges(
        np.concatenate(features), np.array(same, dtype=bool), np.concatenate(weights)
    )


def fit(sets: Sequence[tuple[LabelledMerges, float]], *, about: Mapping[str, Any]) -> MergeModel:
    """Fit a logistic regression on standardised features; each set comes with its total weight.

    Raises:
        BadInputError: no set has both a merge and a weight above 0.
    """
    sets = [(merges, weight) for merges, weight in sets if len(merges.same) and weight > 0]
    if not sets:
        raise BadInputError(
            "No groups of articles to train on: add sets with several articles per story"
        )
    rows = np.concatenate([merges.features for merges, _ in sets])
    same = np.concatenate([merges.same for merges, _ in sets])
    sample_weights = np.concatenate(
        [merges.weights / merges.weights.sum() * weight for merges, weight in sets]
    )
    means, deviations = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    learned = minimise_log_loss(
        (rows - means) / deviations, same, sample_weights / sample_weights.sum(), ridge=_RIDGE
    )
    weights = np.round(learned[:-1] / deviations, 4)
    return MergeModel(
        weights=dict(zip(MERGE_FEATURES, weights.tolist(), strict=True)),
        bias=round(float(learned[-1] - weights @ means), 4),
        about=about,
    )
