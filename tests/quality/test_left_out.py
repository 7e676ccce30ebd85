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
from tests.quality.sets.sets import EncodedSet
from tests.support.summary import show

FLOORS = floors.load()
SETTINGS = load.load({})
MODEL = load_pair_model(SETTINGS.pairs)
SETS = [
    spec
    for spec in read_sets(CONFIG_DIR / "merge_sets.toml")
    if not spec.profiles or "" in spec.profiles
]


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The windows of all training sets, and their labelled merges."""

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


@pytest.fixture(scope="module")
def training_data(labelled_set: Callable[[str], EncodedSet]) -> TrainingData:
    windows = [_load_window(spec, labelled_set) for spec in SETS]
    return TrainingData(windows, [weigh_merges(window, MODEL, SETTINGS) for window in windows])


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(1800)
def test_left_out_days_reach_their_floors(
    training_data: TrainingData,
    labelled_set: Callable[[str], EncodedSet],
    pytestconfig: pytest.Config,
) -> None:
    measured = [
        measure(labelled_set(name), training_data.train([f"{name}.jsonl"]))
        for name in FLOORS.left_out
    ]
    mean = sum(each.batch.f1 for each in measured) / len(measured)
    lines = format_table(
        [(each, Floor(FLOORS.left_out[each.name], each.digest)) for each in measured]
    )
    show(pytestconfig, ["Days left out of the merge model:", *lines, f"mean F1 {mean:.3f}"])

    assert mean >= FLOORS.left_out_mean
    for each in measured:
        assert each.batch.f1 >= FLOORS.left_out[each.name], each.name
        assert each.stream.f1 >= each.batch.f1 - FLOORS.max_loss(each.name), each.name


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(1800)
def test_shipped_weights_are_those_of_the_training_sets(training_data: TrainingData) -> None:
    shipped, trained = load_merge_model(SETTINGS.merges), training_data.train()
    assert trained.weights == pytest.approx(dict(shipped.weights), abs=0.01)
    assert trained.bias == pytest.approx(shipped.bias, abs=0.05)


def _load_window(spec: TrainingSet, get: Callable[[str], EncodedSet]) -> LabelledWindow:
    sets = [get(Path(name).name.split(".")[0]) for name in spec.files]
    articles = [article for each in sets for article in each.articles]
    labels = [label for each in sets for label in each.labels]
    vectors = Vectors.concatenate([each.vectors for each in sets])
    rows = list({article.id: row for row, article in reversed(list(enumerate(articles)))}.values())
    rows.sort()
    return LabelledWindow(
        spec, [articles[row] for row in rows], [labels[row] for row in rows], vectors[rows], {}
    )
