import json

import numpy as np
import pytest

from service.domain.merges.features import MERGE_FEATURES
from service.domain.merges.model import MergeModel
from service.domain.merges.training import LabelledMerges, fit
from service.errors import BadInputError
from tests.support.content.events import merge_model


def separable(count: int = 40, column: int = 0) -> LabelledMerges:
    """Merges that one feature separates."""
    features = np.zeros((count, len(MERGE_FEATURES)))
    same = np.arange(count) % 2 == 0
    features[:, column] = np.where(same, 2.0, -2.0)
    return LabelledMerges(features, same, np.ones(count))


def test_merge_model_round_trips_through_json() -> None:
    assert MergeModel.load(merge_model().dump()) == merge_model()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"weights": 1}', '{"weights": [1], "bias": 0, "about": {}}'],
)
def test_invalid_merge_model_is_rejected(text: str) -> None:
    with pytest.raises(BadInputError, match="merge model"):
        MergeModel.load(text)


def test_merge_model_with_other_features_is_rejected() -> None:
    values = json.loads(merge_model().dump())
    del values["weights"]["size"]
    with pytest.raises(BadInputError, match="must be exactly"):
        MergeModel.load(json.dumps(values))


def test_merge_model_without_numbers_is_rejected() -> None:
    values = json.loads(merge_model().dump())
    with pytest.raises(BadInputError, match="merge model"):
        MergeModel.load(json.dumps(values | {"bias": "none"}))
    values["weights"]["size"] = float("nan")
    with pytest.raises(BadInputError, match="merge model"):
        MergeModel.load(json.dumps(values))


def test_fit_needs_a_merge_and_a_weight() -> None:
    empty = LabelledMerges(np.zeros((0, len(MERGE_FEATURES))), np.zeros(0, bool), np.zeros(0))
    for sets in ([], [(empty, 1.0)], [(separable(), 0.0)]):
        with pytest.raises(BadInputError, match="No groups of articles"):
            fit(sets, about={})


def test_fit_learns_the_separating_feature() -> None:
    merges = separable()
    model = fit([(merges, 1.0)], about={})
    assert max(model.weights, key=lambda name: model.weights[name]) == MERGE_FEATURES[0]
    assert [model.log_odds(row) > 0 for row in merges.features] == merges.same.tolist()
    assert fit([(merges, 1.0)], about={}) == model


def test_set_with_more_weight_decides() -> None:
    merges = separable()
    contrary = LabelledMerges(merges.features, ~merges.same, merges.weights)
    assert fit([(merges, 1.0), (contrary, 3.0)], about={}).weights[MERGE_FEATURES[0]] < 0
    assert fit([(merges, 3.0), (contrary, 1.0)], about={}).weights[MERGE_FEATURES[0]] > 0
