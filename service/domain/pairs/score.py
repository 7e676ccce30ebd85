"""The pair score: how probable it is that two articles report the same event."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from service.domain.articles.model import SECONDS_PER_HOUR, Floats, Rows
from service.domain.pairs.candidates import Pairs, within_window
from service.domain.pairs.centering import Languages
from service.domain.pairs.features import Channels
from service.domain.pairs.match_prior import shift
from service.domain.pairs.series import apart as are_instalments
from service.errors import BadInputError

#: The kinds of evidence, in the order of a feature row.
FEATURES = (
    "dense",
    "title",
    "body",
    "faint",
    "time",
    "chance",
    "background",
    "foreign",
    "abroad",
    "shift",
)

#: Scores are rounded so that the last bits of a sum never decide.
_DIGITS = 6
_CHUNK = 1 << 16  # pairs per step, which bounds memory


@dataclass(frozen=True, slots=True)
class PairModel:
    """A logistic regression with one weight a feature.

    `means` are the features' means over the pairs it was trained on; they are the zero
    from which `shares` counts. `near_hours` and `undated` shape the feature `time`. `prior` is
    the share of true pairs among those candidates. `about` says what the weights were made from.
    `window_hours` is no part of what was learned: articles whose trusted dates are further apart
    are not compared, which means that they score 0.
    """

    weights: Mapping[str, float]
    bias: float
    means: Mapping[str, float]
    near_hours: float
    undated: float
    prior: float
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
        found[_instalments(channels, pairs)] = 0
        return np.round(found, _DIGITS)

    def shift(self, channels: Channels, pairs: Pairs) -> float:
        """What the candidates of a whole window say of how common true ones are (`prior.shift`)."""
        scores = self.score(channels.shifted(0.0), pairs)
        return shift(scores, pairs, self.prior, channels.hours)

    def between(self, channels: Channels, rows: Rows, columns: Rows) -> Floats:
        """Probability for each of `rows` with each of `columns`, shape (rows, columns)."""
        one, other = channels[rows], channels[columns]
        weights, apart = self.weights, np.abs(one.hours[:, None] - other.hours[None, :])
        cosines = one.vectors.cosines(other.vectors)
        body = (one.body @ other.body.T).toarray()
        odds = self._of_dates(apart, channels)
        odds += cosines * weights["dense"]
        odds += (one.title @ other.title.T).toarray() * weights["title"]
        odds += body * weights["body"]
        odds += np.sqrt(np.maximum(body, 0)) * weights["faint"]
        odds += channels.background * weights["background"] + self.bias
        odds += channels.shift * weights["shift"]
        foreign = are_foreign(one.languages[:, None], other.languages[None, :])
        odds += foreign * (weights["foreign"] + cosines * weights["abroad"])
        odds[apart > self.window_hours] = -np.inf
        series = one.series[:, None], other.series[None, :]
        odds[are_instalments(*series, one.hours[:, None], other.hours[None, :])] = -np.inf
        return np.round(1 / (1 + np.exp(-odds)), _DIGITS)

    def _of_dates(self, apart: Floats, channels: Channels) -> Floats:
        """What hours apart, NaN where they are not known, add to the log odds."""
        odds = closeness(apart, self) * self.weights["time"]
        return np.asarray(odds + channels.crowd.chance(apart) * self.weights["chance"])

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
    """One row a pair, shape (m, 10), columns as in `FEATURES`.

    dense: cosine of the vectors, less what the window has in common. title, body: TF-IDF
    cosines; faint: the square root of the latter, since the first words shared tell most. time:
    exp(−hours/near_hours), less `undated`, so that a pair without two trusted dates sits at 0.
    chance: that of two articles so far apart among all that compete (`chance.Crowd`).
    background: how alike unrelated articles of the window are. foreign: 1 for a pair in two
    languages, which shares no words whatever it tells; abroad: its dense cosine, else 0. shift:
    the window's (`prior.shift`). Background and shift are the same for all pairs of a window.
    """
    first, second = pairs[:, 0], pairs[:, 1]
    values = channels.vectors.values
    dense = np.einsum("ij,ij->i", values[first], values[second], dtype=np.float64)
    body = rowwise(channels.body, pairs)
    apart = np.abs(channels.hours[first] - channels.hours[second])
    foreign = are_foreign(channels.languages[first], channels.languages[second])
    columns = {
        "dense": dense,
        "title": rowwise(channels.title, pairs),
        "body": body,
        "faint": np.sqrt(np.maximum(body, 0)),
        "time": closeness(apart, shape),
        "chance": channels.crowd.chance(apart),
        "background": np.full(len(pairs), channels.background),
        "foreign": foreign.astype(np.float64),
        "abroad": dense * foreign,
        "shift": np.full(len(pairs), channels.shift),
    }
    return np.column_stack([columns[name] for name in FEATURES])


def closeness(apart: Floats, shape: PairModel) -> Floats:
    """The feature `time` of pairs so many hours apart, 0 where that is not known."""
    return np.nan_to_num(np.exp(-apart / shape.near_hours) - shape.undated)


def are_foreign(one: Languages, other: Languages) -> NDArray[np.bool_]:
    """Whether two languages are known and not the same."""
    return np.asarray((one != other) & (one != "") & (other != ""))


def _instalments(channels: Channels, pairs: Pairs) -> NDArray[np.bool_]:
    """Which pairs are of one series on two days, and tell nothing of an event."""
    first, second = pairs[:, 0], pairs[:, 1]
    series, hours = channels.series, channels.hours
    return are_instalments(series[first], series[second], hours[first], hours[second])


def rowwise(matrix: csr_matrix, pairs: Pairs) -> Floats:
    """Dot product of the two rows of each pair."""
    product = matrix[pairs[:, 0]].multiply(matrix[pairs[:, 1]])
    return np.asarray(product.sum(axis=1), dtype=np.float64).ravel()
