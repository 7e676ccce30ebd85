"""Calibration: the probability of one event for each pair score on days of feeds.

The pair score is trained on sets of many kinds, and the grouping uses it as it is. On days of feeds
its low values are too high and its high values too low. The calibration corrects the probabilities
that users see.
"""

import math
from dataclasses import dataclass

import numpy as np

from service.domain.articles.model import Floats

_DIGITS = 6
_SMALLEST = 1e-6


@dataclass(frozen=True, slots=True)
class Calibration:
    """An increasing map from pair scores to probabilities; without values, it changes nothing.

    The log odds of a score s become low·ln(s) − high·ln(1 − s) + bias (beta calibration; Kull,
    Silva Filho & Flach 2017).

    Raises:
        ValueError: a value is not finite, or `low` or `high` is not positive.
    """

    low: float = 1.0
    high: float = 1.0
    bias: float = 0.0

    def __post_init__(self) -> None:
        if not (0 < self.low < math.inf and 0 < self.high < math.inf and math.isfinite(self.bias)):
            raise ValueError(f"{self}: expected finite values, and low and high above 0")

    def probability(self, scores: Floats) -> Floats:
        """The probability of each score, in the same shape, rounded to six digits.

        A score of 0, which rules set, stays 0.
        """
        rows = calibration_features(scores)
        log_odds = rows @ np.array([self.low, self.high]) + self.bias
        return np.where(scores > 0, np.round(1 / (1 + np.exp(-log_odds)), _DIGITS), 0.0)


#: The calibration that changes nothing.
IDENTITY = Calibration()


def calibration_features(scores: Floats) -> Floats:
    """ln(s) and −ln(1 − s) of each score in the last axis, clipped away from infinity."""
    clipped = np.clip(scores, _SMALLEST, 1 - _SMALLEST)
    return np.stack([np.log(clipped), -np.log(1 - clipped)], axis=-1)
