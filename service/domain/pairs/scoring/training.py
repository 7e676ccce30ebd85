"""Training of the pair model: logistic regression on labelled pairs, and calibration error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from service.domain.articles.model import Floats
from service.domain.pairs.scoring.calibration import Calibration, calibration_features
from service.domain.pairs.scoring.score import PAIR_FEATURES, PairModel
from service.settings.sections.embedding import TrainingSettings

_RIDGE = 1e-4
#: Positive factors, so that the map increases.
_CALIBRATION_BOUNDS = [(0.01, None)] * 2
#: Bounds of the weights: similarity can only raise the score, the background of a dense window can
#: only lower it.
_POSITIVE, _NEGATIVE, _ANY, _ZERO = (0.0, None), (None, 0.0), (None, None), (0.0, 0.0)
_BOUNDS = {
    "background": _NEGATIVE,
    "cross_language": _ANY,
    "cross_language_dense": _ANY,
    "same_outlet": _ANY,
    "time": _ZERO,
    "prior_shift": _ZERO,
}
#: Features with fixed weights, which are not learned.
_FIXED = ("time", "prior_shift")
#: Features of shared words; 0 for a pair in two languages.
_WORD_FEATURES = ("title", "body", "body_sqrt")


@dataclass(frozen=True, slots=True)
class LabelledPairs:
    """Candidate pairs of one set: feature rows (m, 11) and whether each is one story (m,)."""

    features: Floats
    same: NDArray[np.bool_]


def fit(sets: Sequence[LabelledPairs], base: PairModel, *, about: Mapping[str, Any]) -> PairModel:
    """Fit a logistic regression with bounded weights; every set has the same total weight.

    The fixed weights are copied from `base`; the others are learned without them.
    """
    rows = np.concatenate([labelled.features for labelled in sets])
    same = np.concatenate([labelled.same for labelled in sets])
    sample_weights = np.concatenate(
        [np.full(len(s.same), 1 / len(s.same) / len(sets)) for s in sets]
    )
    bounds = [_BOUNDS.get(name, _POSITIVE) for name in PAIR_FEATURES]
    learned = minimise_log_loss(rows, same, sample_weights, ridge=_RIDGE, bounds=bounds)
    weights = dict(zip(PAIR_FEATURES, learned[:-1].tolist(), strict=True))
    means = dict(zip(PAIR_FEATURES, (sample_weights @ rows).tolist(), strict=True))
    return PairModel(
        weights=_round(weights | {name: base.weights[name] for name in _FIXED}),
        bias=round(float(learned[-1]), 4),
        means=_round(means),
        near_hours=base.near_hours,
        undated=base.undated,
        prior=round(float(sample_weights @ same), 4),
        about=about,
    )


def untrained_model(settings: TrainingSettings) -> PairModel:
    """A model with the fixed weights only; all others are 0."""
    zeros = dict.fromkeys(PAIR_FEATURES, 0.0)
    weights = zeros | {"time": settings.time_weight, "prior_shift": 1.0}
    return PairModel(weights, 0.0, zeros, settings.near_hours, settings.undated, 0.5, {})


def simulate_translation(labelled: LabelledPairs, translation: float) -> LabelledPairs:
    """Turn pairs into cross-language pairs: no shared words, cosine lower by `translation`.

    Labelled stories in several languages are scarce, so pairs in one language stand in for them.
    """
    rows = labelled.features.copy()
    at = {name: column for column, name in enumerate(PAIR_FEATURES)}
    rows[:, [at[name] for name in _WORD_FEATURES]] = 0
    rows[:, at["dense"]] -= translation
    rows[:, at["cross_language"]] = 1
    rows[:, at["cross_language_dense"]] = rows[:, at["dense"]]
    return LabelledPairs(rows, labelled.same)


def fit_calibration(sets: Sequence[tuple[Floats, NDArray[np.bool_]]]) -> Calibration:
    """Fit a calibration with the least log loss; every set has the same total weight.

    A set has the scores of its pairs, and whether each pair is one story. The scores must come from
    models that were trained without the set.
    """
    weights = np.concatenate([np.full(len(same), 1 / len(same) / len(sets)) for _, same in sets])
    learned = minimise_log_loss(
        calibration_features(np.concatenate([scores for scores, _ in sets])),
        np.concatenate([same for _, same in sets]),
        weights,
        ridge=0.0,
        bounds=_CALIBRATION_BOUNDS,
    )
    return Calibration(*np.round(learned, 4).tolist())


def calibration_error(scores: Floats, same: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error: mean gap between score and share of true pairs, in equal bins."""
    at = np.minimum((scores * bins).astype(np.int64), bins - 1)
    gaps = [
        (at == number).mean() * abs(scores[at == number].mean() - same[at == number].mean())
        for number in np.unique(at)
    ]
    return float(sum(gaps))


def minimise_log_loss(
    rows: Floats,
    same: NDArray[np.bool_],
    sample_weights: Floats,
    *,
    ridge: float,
    bounds: Sequence[tuple[float | None, float | None]] | None = None,
) -> Floats:
    """Weights and bias with the least weighted log loss, shape (features + 1,) (L-BFGS-B).

    `ridge` penalises the squared weights, not the bias; `bounds` limit each weight.
    """
    signs = np.where(same, 1.0, -1.0)

    def loss(at: Floats) -> tuple[float, Floats]:
        margins = signs * (rows @ at[:-1] + at[-1])
        gradient = -sample_weights * signs / (1 + np.exp(np.clip(margins, -500, 500)))
        penalty = ridge * at[:-1]
        value = sample_weights @ np.logaddexp(0, -margins) + penalty @ at[:-1] / 2
        return float(value), np.append(rows.T @ gradient + penalty, gradient.sum())

    count = rows.shape[1]
    limits = [*(bounds or [_ANY] * count), _ANY]
    start = np.zeros(count + 1)
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=limits).x)


def _round(table: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in table.items()}
