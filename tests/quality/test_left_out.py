"""Quality on days that the merge model has not seen: it is trained without each of them.

The weights of the pair score have seen stream_day, and no other of these days.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from service.commands.research.train_merges import (
    LabelledWindow,
    TrainingSet,
    read_sets,
    weigh_merges,
)
from service.commands.running.models import load_merge_model, load_pair_model
from service.domain.articles.model import Vectors
from service.domain.merges.model import MergeModel
from service.domain.merges.training import LabelledMerges, fit
from service.settings import load
from service.settings.paths import CONFIG_DIR
from tests.quality.report import floors
from tests.quality.report.floors import Floor
from tests.quality.report.set_quality import format_table, measure
from tests.quality.sets.sets import ENGLISH_PROFILE, EncodedSet
from tests.support.summary import show

FLOORS = floors.load()
PROFILES = ("multilingual", "english")


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The windows of all training sets of a profile, and their labelled merges."""

    profile: str
    windows: list[LabelledWindow]
    merges: list[list[tuple[LabelledMerges, float]]]

    def train(self, left_out: Sequence[str] = ()) -> MergeModel:
        """Train on all sets that share no file with the given ones."""
        return fit(
            [
                part
                for window, parts in zip(self.windows, self.merges, strict=True)
                if not {*window.spec.files} & {*left_out}
                for part in parts
            ],
            about={},
        )


@pytest.fixture(scope="module", params=PROFILES)
def training_data(
    request: pytest.FixtureRequest, labelled_set: Callable[[str], EncodedSet]
) -> TrainingData:
    settings = load.load({}, profile=request.param)
    model = load_pair_model(settings.pairs)
    windows = [
        _load_window(spec, request.param, labelled_set)
        for spec in read_sets(CONFIG_DIR / "merge_sets.toml")
        if not spec.profiles or request.param in spec.profiles
    ]
    merges = [weigh_merges(window, model, settings) for window in windows]
    return TrainingData(request.param, windows, merges)


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(1800)
def test_left_out_days_reach_their_floors(
    training_data: TrainingData,
    labelled_set: Callable[[str], EncodedSet],
    pytestconfig: pytest.Config,
) -> None:
    left_out = dict(FLOORS.left_out[training_data.profile])
    mean_floor = left_out.pop("mean")
    measured = {
        day: measure(
            labelled_set(name_under(training_data.profile, day)),
            training_data.train([f"{day}.jsonl"]),
        )
        for day in left_out
    }
    mean = sum(each.batch.f1 for each in measured.values()) / len(measured)
    lines = format_table(
        [(each, Floor(left_out[day], each.digest)) for day, each in measured.items()]
    )
    head = f"Days left out of the merge model, profile {training_data.profile}:"
    show(pytestconfig, [head, *lines, f"mean F1 {mean:.3f}"])

    assert mean >= mean_floor
    for day, each in measured.items():
        assert each.batch.f1 >= left_out[day], day
        assert each.stream.f1 >= each.batch.f1 - FLOORS.max_loss(each.name), day


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(1800)
def test_shipped_weights_are_those_of_the_training_sets(training_data: TrainingData) -> None:
    settings = load.load({}, profile=training_data.profile)
    shipped, trained = load_merge_model(settings.merges), training_data.train()
    assert trained.weights == pytest.approx(dict(shipped.weights), abs=0.01)
    assert trained.bias == pytest.approx(shipped.bias, abs=0.05)


def name_under(profile: str, name: str) -> str:
    """The name of a set measured under a profile."""
    return f"{name}{ENGLISH_PROFILE}" if profile == "english" else name


def _load_window(
    spec: TrainingSet, profile: str, get: Callable[[str], EncodedSet]
) -> LabelledWindow:
    sets = [get(name_under(profile, Path(name).name.split(".")[0])) for name in spec.files]
    articles = [article for each in sets for article in each.articles]
    labels = [label for each in sets for label in each.labels]
    vectors = Vectors.concatenate([each.vectors for each in sets])
    rows = list({article.id: row for row, article in reversed(list(enumerate(articles)))}.values())
    rows.sort()
    return LabelledWindow(
        spec, [articles[row] for row in rows], [labels[row] for row in rows], vectors[rows], {}
    )
