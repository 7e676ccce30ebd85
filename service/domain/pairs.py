"""The pair score: how probable it is that two articles report the same event."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix

from service.domain.articles import SECONDS_PER_HOUR, Floats, Rows
from service.domain.candidates import Pairs, within_window
from service.domain.channels import Channels
from service.errors import BadInputError

#: The kinds of evidence, in the order of a feature row.
FEATURES = ("dense", "title", "body", "time", "background")

#: Scores are rounded so that the last bits of a sum never decide.
_DIGITS = 6
_CHUNK = 1 << 16  # pairs per step, which bounds memory


@dataclass(frozen=True, slots=True)
class PairModel:
    """A logistic regression with one weight a feature.

    `means` are the features' means over the pairs it was trained on; they are the zero
    from which `shares` counts. `near_hours` and `undated` shape the feature `time`.
    `about` says what the weights were made from. `window_hours` is no part of what was learned:
    articles whose trusted dates are further apart are not compared, which means that they score 0.
    """

    weights: Mapping[str, float]
    bias: float
    means: Mapping[str, float]
    near_hours: float
    undated: float
    about: Mapping[str, Any]
    window_hours: float = float("inf")

    @classmethod
    def load(cls, text: str) -> Self:
        """Read the JSON of `dump`.

        Raises:
            BadInputError: it is not a pair model of these features.
        """
        try:
            model = cls(**json.loads(text))
            unfit = set(model.weights) != set(FEATURES) or set(model.means) != set(FEATURES)
        except (ValueError, TypeError) as error:
            raise BadInputError(f"the pair model cannot be read: {error}") from error
        if unfit:
            raise BadInputError(f"the pair model must weigh exactly {', '.join(FEATURES)}")
        return model

    def dump(self) -> str:
        """JSON of what was learned, sorted and indented, ending in a newline."""
        learned = {name: value for name, value in asdict(self).items() if name != "window_hours"}
        return json.dumps(learned, indent=2, sort_keys=True) + "\n"

    def within(self, window: timedelta) -> Self:
        """The same model for a service that compares nothing beyond its window."""
        return replace(self, window_hours=window.total_seconds() / SECONDS_PER_HOUR)

    def score(self, channels: Channels, pairs: Pairs) -> Floats:
        """Probability for each pair of rows, shape (m,), rounded to six digits."""
        found = np.empty(len(pairs))
        for start in range(0, len(pairs), _CHUNK):
            part = features(channels, pairs[start : start + _CHUNK], self)
            found[start : start + _CHUNK] = 1 / (1 + np.exp(-self.log_odds(part)))
        found[~within_window(channels.hours, pairs, self.window_hours)] = 0
        return np.round(found, _DIGITS)

    def between(self, channels: Channels, rows: Rows, columns: Rows) -> Floats:
        """Probability for each of `rows` with each of `columns`, shape (rows, columns)."""
        one, other = channels[rows], channels[columns]
        weights, apart = self.weights, np.abs(one.hours[:, None] - other.hours[None, :])
        odds = np.nan_to_num(np.exp(-apart / self.near_hours) - self.undated) * weights["time"]
        odds += one.vectors.cosines(other.vectors) * weights["dense"]
        odds += (one.title @ other.title.T).toarray() * weights["title"]
        odds += (one.body @ other.body.T).toarray() * weights["body"]
        odds += channels.background * weights["background"] + self.bias
        odds[apart > self.window_hours] = -np.inf
        return np.round(1 / (1 + np.exp(-odds)), _DIGITS)

    def log_odds(self, rows: Floats) -> Floats:
        """Natural log odds for each feature row, shape (m,)."""
        return rows @ self._vector(self.weights) + self.bias

    def shares(self, row: Floats) -> dict[str, float]:
        """What each feature adds to the log odds of an average candidate pair."""
        added = (row - self._vector(self.means)) * self._vector(self.weights)
        return dict(zip(FEATURES, added.tolist(), strict=True))

    def base(self) -> float:
        """Log odds of an average candidate pair; with all shares it gives the pair's log odds."""
        return float(self.log_odds(self._vector(self.means)[None, :])[0])

    @staticmethod
    def _vector(table: Mapping[str, float]) -> Floats:
        return np.array([table[name] for name in FEATURES])


def features(channels: Channels, pairs: Pairs, shape: PairModel) -> Floats:
    """One row a pair, shape (m, 5), columns as in `FEATURES`.

    dense: cosine of the vectors. title, body: TF-IDF cosines. time: exp(−hours/near_hours),
    less `undated`, so that a pair without two trusted dates sits at 0. background: how alike
    unrelated articles of the window are, the same for all its pairs.
    """
    first, second = pairs[:, 0], pairs[:, 1]
    values = channels.vectors.values
    dense = np.einsum("ij,ij->i", values[first], values[second], dtype=np.float64)
    apart = np.abs(channels.hours[first] - channels.hours[second])
    near = np.exp(-apart / shape.near_hours) - shape.undated
    columns = [
        dense,
        rowwise(channels.title, pairs),
        rowwise(channels.body, pairs),
        np.where(np.isnan(near), 0.0, near),
        np.full(len(pairs), channels.background),
    ]
    return np.column_stack(columns)


def rowwise(matrix: csr_matrix, pairs: Pairs) -> Floats:
    """Dot product of the two rows of each pair."""
    product = matrix[pairs[:, 0]].multiply(matrix[pairs[:, 1]])
    return np.asarray(product.sum(axis=1), dtype=np.float64).ravel()
