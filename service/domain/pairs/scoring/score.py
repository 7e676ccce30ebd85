"""Pair score: estimate, 0 to 1, that two articles report the same event (logistic regression)."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from service.domain.articles.model import SECONDS_PER_HOUR, Floats, Rows
from service.domain.pairs.candidates import within_window
from service.domain.pairs.centering import Languages
from service.domain.pairs.features import Features
from service.domain.pairs.nearest import Pairs
from service.domain.pairs.scoring.calibration import IDENTITY, Calibration
from service.domain.pairs.scoring.date_prior import hours_apart
from service.domain.pairs.scoring.weights import parse_weights
from service.domain.pairs.scoring.window_prior import prior_shift
from service.domain.pairs.series import are_different_instalments
from service.domain.pairs.similar_events import similar_matrix, similar_pairs

#: Names of the pair features, in the order of a feature row; see `pair_features`.
PAIR_FEATURES = (
    "dense",
    "title",
    "body",
    "body_sqrt",
    "time",
    "date_prior",
    "background",
    "cross_language",
    "cross_language_dense",
    "prior_shift",
    "same_outlet",
)

#: Scores are rounded so that the last bits of a sum do not affect the result.
_DIGITS = 6
_CHUNK = 1 << 13  # pairs per step: few enough for the cache of a processor


@dataclass(frozen=True, slots=True)
class PairModel:
    """Logistic regression over the pair features.

    `means` are the feature means over the training pairs, the baseline of `contributions`.
    `near_hours` and `undated` parameterise the feature `time`. `prior` is the share of true pairs
    among the training candidates. `about` describes the training data. `calibration` maps scores to
    the probabilities that users see; the grouping uses the scores. `window_hours` is not learned:
    articles with trusted dates further apart score 0.
    """

    weights: Mapping[str, float]
    bias: float
    means: Mapping[str, float]
    near_hours: float
    undated: float
    prior: float
    about: Mapping[str, Any]
    calibration: Calibration = IDENTITY
    window_hours: float = float("inf")

    @classmethod
    def load(cls, text: str) -> Self:
        """Read the JSON written by `dump`.

        Raises:
            BadInputError: the JSON is not a pair model with these features.
        """
        tables = ["weights", "means"]
        return parse_weights(text, "pair model", cls._create, tables=tables, features=PAIR_FEATURES)

    @classmethod
    def _create(
        cls, calibration: Mapping[str, float] = MappingProxyType({}), **values: Any
    ) -> Self:
        return cls(**values, calibration=Calibration(**calibration))

    def dump(self) -> str:
        """JSON of the learned values, sorted and indented, ending in a newline."""
        learned = {name: value for name, value in asdict(self).items() if name != "window_hours"}
        return json.dumps(learned, indent=2, sort_keys=True) + "\n"

    def with_window(self, window: timedelta) -> Self:
        """Return the same model with a limit on the distance between dates."""
        return replace(self, window_hours=window.total_seconds() / SECONDS_PER_HOUR)

    def score(self, features: Features, pairs: Pairs) -> Floats:
        """Score of each pair of rows, shape (m,), rounded to six digits."""
        return _to_scores(self._log_odds_of_pairs(features, pairs))

    def score_with_prior_shift(self, features: Features, pairs: Pairs) -> tuple[float, Floats]:
        """Return the prior shift of a window and the scores of all its candidates with this shift.

        The prior shift of `features` is ignored.
        """
        log_odds = self._log_odds_of_pairs(features.with_prior_shift(0.0), pairs)
        shift = self.estimate_prior_shift(_to_scores(log_odds), pairs, features.hours)
        return shift, _to_scores(log_odds + shift * self.weights["prior_shift"])

    def estimate_prior_shift(self, scores: Floats, pairs: Pairs, hours: Floats) -> float:
        """Estimate the prior shift from the scores of all candidates without it.

        See `window_prior`.
        """
        return prior_shift(scores, pairs, self.prior, hours)

    def _log_odds_of_pairs(self, features: Features, pairs: Pairs) -> Floats:
        """Log odds of each pair, shape (m,); −∞ if the articles certainly report two events."""
        log_odds = np.empty(len(pairs))
        series, hours = features.series, features.hours
        names = features.names.astype(bool)
        for start in range(0, len(pairs), _CHUNK):
            chunk = pairs[start : start + _CHUNK]
            first, second = chunk[:, 0], chunk[:, 1]
            part = self.log_odds(pair_features(features, chunk, self))
            part[~within_window(hours, chunk, self.window_hours)] = -np.inf
            part[
                are_different_instalments(
                    series[first], series[second], hours[first], hours[second]
                )
            ] = -np.inf
            part[similar_pairs(features, names, chunk)] = -np.inf
            log_odds[start : start + _CHUNK] = part
        return log_odds

    def score_matrix(self, features: Features, rows: Rows, columns: Rows) -> Floats:
        """Score of each of `rows` with each of `columns`, shape (rows, columns)."""
        one, other = features[rows], features[columns]
        weights = self.weights
        apart = hours_apart(
            *(one.hours[:, None], other.hours[None, :]),
            *(one.day_only[:, None], other.day_only[None, :]),
        )
        cosines = one.vectors.cosines(other.vectors)
        body = (one.body @ other.body.T).toarray()
        log_odds = time_feature(apart, self) * weights["time"]
        log_odds = np.asarray(
            log_odds + features.window_size_prior.log_odds(apart) * weights["date_prior"]
        )
        log_odds += cosines * weights["dense"]
        log_odds += (one.title @ other.title.T).toarray() * weights["title"]
        log_odds += body * weights["body"]
        log_odds += np.sqrt(np.maximum(body, 0)) * weights["body_sqrt"]
        log_odds += features.background * weights["background"] + self.bias
        log_odds += features.prior_shift * weights["prior_shift"]
        cross_language = differ_in_language(one.languages[:, None], other.languages[None, :])
        log_odds += cross_language * (
            weights["cross_language"] + cosines * weights["cross_language_dense"]
        )
        log_odds += weights["same_outlet"] * share_outlet(
            one.outlets[:, None], other.outlets[None, :]
        )
        log_odds[apart > self.window_hours] = -np.inf
        series = one.series[:, None], other.series[None, :]
        hours = one.hours[:, None], other.hours[None, :]
        log_odds[are_different_instalments(*series, *hours)] = -np.inf
        log_odds[similar_matrix(one, other)] = -np.inf
        return _to_scores(log_odds)

    def log_odds(self, rows: Floats) -> Floats:
        """Natural log odds of each feature row, shape (m,)."""
        return rows @ self._vector(self.weights) + self.bias

    def contributions(self, row: Floats) -> dict[str, float]:
        """Contribution of each feature to the log odds, relative to an average candidate pair."""
        added = (row - self._vector(self.means)) * self._vector(self.weights)
        return dict(zip(PAIR_FEATURES, added.tolist(), strict=True))

    def base_log_odds(self) -> float:
        """Log odds of an average candidate pair; adding all contributions gives those of a pair."""
        return float(self.log_odds(self._vector(self.means)[None, :])[0])

    @staticmethod
    def _vector(table: Mapping[str, float]) -> Floats:
        return np.array([table[name] for name in PAIR_FEATURES])


def _to_scores(log_odds: Floats) -> Floats:
    return np.asarray(np.round(1 / (1 + np.exp(-log_odds)), _DIGITS))


def pair_features(features: Features, pairs: Pairs, model: PairModel) -> Floats:
    """Feature rows of pairs, shape (m, 11), columns as in `PAIR_FEATURES`.

    dense: cosine of the centred vectors. title, body: TF-IDF cosines. body_sqrt: square root of
    body, because the first shared words matter most. time: exp(−hours/near_hours) − undated, 0 for
    a pair without two trusted dates. date_prior: log odds of the date prior (`WindowSizePrior`).
    background: the window's background similarity. cross_language: 1 for a pair in two languages,
    which shares no words whatever its content. cross_language_dense: dense for such a pair, else 0.
    prior_shift: the window's prior shift. background and prior_shift are the same for all pairs of
    a window. same_outlet: 1 for two articles of one outlet, which seldom reports an event twice.
    """
    first, second = pairs[:, 0], pairs[:, 1]
    values = features.vectors.values
    dense = np.einsum("ij,ij->i", values[first], values[second], dtype=np.float64)
    body = rowwise_dot(features.body, pairs)
    hours, day_only = features.hours, features.day_only
    apart = hours_apart(hours[first], hours[second], day_only[first], day_only[second])
    cross_language = differ_in_language(features.languages[first], features.languages[second])
    columns = {
        "dense": dense,
        "title": rowwise_dot(features.title, pairs),
        "body": body,
        "body_sqrt": np.sqrt(np.maximum(body, 0)),
        "time": time_feature(apart, model),
        "date_prior": features.window_size_prior.log_odds(apart),
        "background": np.full(len(pairs), features.background),
        "cross_language": cross_language.astype(np.float64),
        "cross_language_dense": dense * cross_language,
        "prior_shift": np.full(len(pairs), features.prior_shift),
        "same_outlet": share_outlet(features.outlets[first], features.outlets[second]).astype(
            float
        ),
    }
    return np.column_stack([columns[name] for name in PAIR_FEATURES])


def time_feature(apart: Floats, model: PairModel) -> Floats:
    """The feature `time` of pairs this many hours apart; 0 for NaN."""
    return np.nan_to_num(np.exp(-apart / model.near_hours) - model.undated)


def differ_in_language(one: Languages, other: Languages) -> NDArray[np.bool_]:
    """Whether two languages are known and different; broadcasts."""
    return np.asarray((one != other) & (one != "") & (other != ""))


def share_outlet(one: Rows, other: Rows) -> NDArray[np.bool_]:
    """Whether two outlets are known and the same; broadcasts. An unknown outlet is negative."""
    return np.asarray((one == other) & (one >= 0))


def rowwise_dot(matrix: csr_matrix, pairs: Pairs) -> Floats:
    """Dot product of the two rows of each pair."""
    product = matrix[pairs[:, 0]].multiply(matrix[pairs[:, 1]])
    return np.asarray(product.sum(axis=1), dtype=np.float64).ravel()
