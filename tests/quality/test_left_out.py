"""Quality on days of feeds that were not used in training.

The merge models come from `sets/left_out`, trained without each day. So does the pair score of the
default profile. The pair score of the profile `english` is the shipped one, which was trained on
stream_day and on no other of these days.
"""

from collections.abc import Callable

import pytest

from service.commands.running.models import load_merge_model, load_pair_model
from service.domain.merges.model import MergeModel
from tests.quality.report import floors
from tests.quality.report.floors import Floor
from tests.quality.report.set_quality import format_table, measure
from tests.quality.sets.left_out_models import (
    DAYS,
    PROFILES,
    TrainingData,
    load_merge_model_without,
    load_pair_model_without,
    name_under,
)
from tests.quality.sets.sets import EncodedSet
from tests.support.summary import show

FLOORS = floors.load()
#: Replays take longer than everything else here, so only the default profile has them.
REPLAYED_PROFILE = "multilingual"


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "profile", [REPLAYED_PROFILE, pytest.param("english", marks=pytest.mark.extensive)]
)
def test_left_out_days_reach_their_floors(
    profile: str, labelled_set: Callable[[str], EncodedSet], pytestconfig: pytest.Config
) -> None:
    replayed = profile == REPLAYED_PROFILE
    measured = {
        day: measure(
            labelled_set(name_under(profile, day)),
            model=load_pair_model_without(day, profile),
            merge_model=load_merge_model_without(day, profile),
            as_stream=replayed,
        )
        for day in DAYS
    }
    floor_of = FLOORS.left_out[profile]
    mean = sum(each.batch.f1 for each in measured.values()) / len(measured)
    rows = [(each, Floor(floor_of[day], each.digest)) for day, each in measured.items()]
    head = f"Days left out, profile {profile}:"
    show(pytestconfig, [head, *format_table(rows), f"mean F1 {mean:.3f}"])

    assert mean >= floor_of["mean"]
    for day, each in measured.items():
        assert each.batch.f1 >= floor_of[day], day
        if replayed:
            assert each.candidates.calibration_error <= FLOORS.calibration_error, day
        if each.stream:
            most = FLOORS.left_out_stream_loss.get(day, FLOORS.stream_loss)
            assert each.stream.f1 >= each.batch.f1 - most, day


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.extensive
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("profile", PROFILES)
def test_stored_merge_models_are_those_of_the_training_sets(
    profile: str, labelled_set: Callable[[str], EncodedSet]
) -> None:
    data = TrainingData.load(profile, labelled_set)
    shipped = load_merge_model(data.settings.merges)
    assert_equal_models(data.train(load_pair_model(data.settings.pairs)), shipped)
    for day in DAYS:
        assert_equal_models(data.train_without(day), load_merge_model_without(day, profile))


def assert_equal_models(trained: MergeModel, stored: MergeModel) -> None:
    assert trained.weights == pytest.approx(dict(stored.weights), abs=0.01)
    assert trained.bias == pytest.approx(stored.bias, abs=0.05)
