"""Weights of the pair model, learned from labelled articles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from service.domain.articles.model import Floats
from service.domain.pairs.score import PAIR_FEATURES, PairModel
from service.settings.embedding import TrainingSettings

_RIDGE = 1e-4
#: Evidence for a pair may only speak for it, a dense window only against it.
_FOR, _AGAINST, _EITHER, _NONE = (0.0, None), (None, 0.0), (None, None), (0.0, 0.0)
_BOUNDS = {
    "background": _AGAINST,
    "foreign": _EITHER,
    "abroad": _EITHER,
    "time": _NONE,
    "shift": _NONE,
}
#: Weights that are given, not learned.
_GIVEN = ("time", "shift")
#: What is read off the words of two articles; nothing where they are in two languages.
_WORDS = ("title", "body", "faint")


@dataclass(frozen=True, slots=True)
class LabelledPairs:
    """Candidate pairs of one set: feature rows (m, 10) and whether each tells one story (m,)."""

    pair_features: Floats
    same: NDArray[np.bool_]


def fit(sets: Sequence[LabelledPairs], shape: PairModel, *, about: Mapping[str, Any]) -> PairModel:
    """Logistic regression with signs held, every set worth the same.

    The weights of time and shift are `shape`'s; the others are learned without them.
    """
    rows = np.concatenate([labelled.pair_features for labelled in sets])
    same = np.concatenate([labelled.same for labelled in sets])
    worth = np.concatenate([np.full(len(s.same), 1 / len(s.same) / len(sets)) for s in sets])
    learned = _minimum(rows, same, worth)
    weights = dict(zip(PAIR_FEATURES, learned[:-1].tolist(), strict=True))
    means = dict(zip(PAIR_FEATURES, (worth @ rows).tolist(), strict=True))
    return PairModel(
        weights=_rounded(weights | {name: shape.weights[name] for name in _GIVEN}),
        bias=round(float(learned[-1]), 4),
        means=_rounded(means),
        near_hours=shape.near_hours,
        undated=shape.undated,
        prior=round(float(worth @ same), 4),
        about=about,
    )


def untrained_model(settings: TrainingSettings) -> PairModel:
    """A model that knows only the weights that are given."""
    none = dict.fromkeys(PAIR_FEATURES, 0.0)
    weights = none | {"time": settings.time_weight, "shift": 1.0}
    return PairModel(weights, 0.0, none, settings.near_hours, settings.undated, 0.5, {})


def simulate_translation(labelled: LabelledPairs, translation: float) -> LabelledPairs:
    """The same pairs as if each was in two languages: no words shared, vectors further apart.

    There are few labelled stories in several languages; those in one teach what is left.
    """
    rows = labelled.pair_features.copy()
    at = {name: column for column, name in enumerate(PAIR_FEATURES)}
    rows[:, [at[name] for name in _WORDS]] = 0
    rows[:, at["dense"]] -= translation
    rows[:, at["foreign"]] = 1
    rows[:, at["abroad"]] = rows[:, at["dense"]]
    return LabelledPairs(rows, labelled.same)


def calibration_error(scores: Floats, same: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error: mean gap between score and share of true pairs, in equal bins."""
    at = np.minimum((scores * bins).astype(np.int64), bins - 1)
    gaps = [
        (at == number).mean() * abs(scores[at == number].mean() - same[at == number].mean())
        for number in np.unique(at)
    ]
    return float(sum(gaps))


def _minimum(rows: Floats, same: NDArray[np.bool_], worth: Floats) -> Floats:
    """Weights and bias of least weighted log loss within the bounds (L-BFGS-B)."""
    signs = np.where(same, 1.0, -1.0)

    def loss(at: Floats) -> tuple[float, Floats]:
        margins = signs * (rows @ at[:-1] + at[-1])
        pull = -worth * signs / (1 + np.exp(np.clip(margins, -500, 500)))
        ridge = _RIDGE * at[:-1]
        value = worth @ np.logaddexp(0, -margins) + ridge @ at[:-1] / 2
        return float(value), np.append(rows.T @ pull + ridge, pull.sum())

    bounds = [_BOUNDS.get(name, _FOR) for name in PAIR_FEATURES]
    start = np.zeros(len(PAIR_FEATURES) + 1)
    return np.asarray(
        minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, _EITHER]).x
    )


def _rounded(table: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in table.items()}
