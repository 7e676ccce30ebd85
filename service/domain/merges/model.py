"""Merge model: log odds that two groups of articles report one event (logistic regression)."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from service.domain.articles.model import Floats
from service.domain.merges.features import MERGE_FEATURES
from service.domain.pairs.scoring.weights import parse_weights


@dataclass(frozen=True)
class MergeModel:
    """Logistic regression over the merge features.

    `weights` has one entry per feature; `about` describes the training data.
    """

    weights: Mapping[str, float]
    bias: float
    about: Mapping[str, Any]

    @classmethod
    def load(cls, text: str) -> Self:
        """Read the JSON written by `dump`.

        Raises:
            BadInputError: the JSON is not a merge model with these features.
        """
        return parse_weights(text, "merge model", cls, tables=["weights"], features=MERGE_FEATURES)

    def dump(self) -> str:
        """JSON, sorted and indented, ending in a newline."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"

    def log_odds(self, features: Floats) -> Floats:
        """Natural log odds of each row of merge features, shape (m,)."""
        return np.asarray(features @ self._vector + self.bias)

    @cached_property
    def _vector(self) -> Floats:
        return np.array([self.weights[name] for name in MERGE_FEATURES])
