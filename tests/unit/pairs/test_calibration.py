"""Calibration of the pair score: a fitted, increasing map to probabilities."""

import json
from dataclasses import replace

import numpy as np
import pytest

from service.domain.pairs.scoring.calibration import Calibration
from service.domain.pairs.scoring.score import PairModel
from service.domain.pairs.scoring.training import calibration_error, fit_calibration
from service.errors import BadInputError
from tests.support.content.events import pair_model

SCORES = np.linspace(0, 1, 21)


def test_default_calibration_changes_nothing() -> None:
    assert Calibration().probability(SCORES) == pytest.approx(SCORES, abs=2e-6)


def test_probability_increases_with_the_score_and_keeps_the_shape() -> None:
    probabilities = Calibration(low=2.0, high=0.5, bias=1.2).probability(SCORES)
    assert (np.diff(probabilities) > 0).all()
    assert probabilities[0] == 0
    assert Calibration(2.0, 0.5, 1.2).probability(SCORES.reshape(3, 7)).shape == (3, 7)


def test_fitted_calibration_corrects_wrong_probabilities() -> None:
    random = np.random.default_rng(0)
    truth = random.uniform(size=4000)
    same = random.uniform(size=4000) < truth
    scores = np.sqrt(truth)  # too high everywhere
    calibration = fit_calibration([(scores[:1000], same[:1000]), (scores[1000:], same[1000:])])
    assert calibration_error(scores, same) > 0.15
    assert calibration_error(calibration.probability(scores), same) < 0.03


def test_every_set_has_the_same_weight() -> None:
    scores = np.full(100, 0.5)
    mostly_true = (scores, np.arange(100) < 80)
    rarely_true = (np.repeat(scores, 9), np.arange(900) < 180)
    calibration = fit_calibration([mostly_true, rarely_true])
    assert calibration.probability(np.array([0.5]))[0] == pytest.approx(0.5, abs=0.01)


def test_calibration_is_stored_with_the_pair_model() -> None:
    model = replace(pair_model(), calibration=Calibration(2.0, 0.5, 1.2))
    assert PairModel.load(model.dump()) == model
    values = json.loads(model.dump())
    del values["calibration"]
    assert PairModel.load(json.dumps(values)) == pair_model()


@pytest.mark.parametrize(
    "calibration", [{"low": 0.0}, {"high": -1.0}, {"bias": float("nan")}, {"slope": 1.0}, [], "a"]
)
def test_invalid_calibration_is_rejected(calibration: object) -> None:
    values = json.loads(pair_model().dump()) | {"calibration": calibration}
    with pytest.raises(BadInputError, match="pair model"):
        PairModel.load(json.dumps(values))
