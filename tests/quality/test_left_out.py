"""Quality on days of feeds that were not used in training.

The merge model is trained here without each day. The pair score of the default profile comes from
`sets/left_out`, trained without that day. That of the profile `english` is the shipped one, which
was trained on stream_day and on no other of these days.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
from service.domain.pairs.score import PairModel
from service.settings import load
from service.settings.load import Settings
from service.settings.paths import CONFIG_DIR
from tests.quality.report import floors
from tests.quality.report.floors import Floor
from tests.quality.report.set_quality import format_table, measure
from tests.quality.sets.sets import ENGLISH_PROFILE, EncodedSet
from tests.support.summary import show

FLOORS = floors.load()
PROFILES = ("multilingual", "english")
#: Replays take longer than everything else here, so only the default profile has them.
REPLAYED_PROFILE = "multilingual"
#: Pair models that were trained without one day; `make pair-models` trains them.
LEFT_OUT = Path(__file__).parent / "sets" / "left_out"


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The windows of all training sets of a profile."""

    profile: str
    settings: Settings
    windows: list[LabelledWindow]
    cache: dict[tuple[str, float], list[tuple[LabelledMerges, float]]] = field(default_factory=dict)

    def train(self, model: PairModel, left_out: Sequence[str] = ()) -> MergeModel:
        """Train a merge model on all sets that share no file with the given ones."""
        return fit(
            [
                part
                for window in self.windows
                if not {*window.spec.files} & {*left_out}
                for part in self.merges(window, model)
            ],
            about={},
        )

    def merges(
        self, window: LabelledWindow, model: PairModel
    ) -> list[tuple[LabelledMerges, float]]:
        """The labelled merges of a window under a pair model; computed once for each."""
        key = (window.name, model.bias)
        if key not in self.cache:
            self.cache[key] = weigh_merges(window, model, self.settings)
        return self.cache[key]


@pytest.fixture(scope="module", params=PROFILES)
def training_data(
    request: pytest.FixtureRequest, labelled_set: Callable[[str], EncodedSet]
) -> TrainingData:
    settings = load.load({}, profile=request.param)
    windows = [
        _load_window(spec, request.param, labelled_set)
        for spec in read_sets(CONFIG_DIR / "merge_sets.toml")
        if not spec.profiles or request.param in spec.profiles
    ]
    return TrainingData(request.param, settings, windows)


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
    measured = {}
    for day in left_out:
        model = pair_model_without(day, training_data)
        measured[day] = measure(
            labelled_set(name_under(training_data.profile, day)),
            model=model,
            merge_model=training_data.train(model, [f"{day}.jsonl"]),
            as_stream=training_data.profile == REPLAYED_PROFILE,
        )
    mean = sum(each.batch.f1 for each in measured.values()) / len(measured)
    lines = format_table(
        [(each, Floor(left_out[day], each.digest)) for day, each in measured.items()]
    )
    head = f"Days left out, profile {training_data.profile}:"
    show(pytestconfig, [head, *lines, f"mean F1 {mean:.3f}"])

    assert mean >= mean_floor
    for day, each in measured.items():
        assert each.batch.f1 >= left_out[day], day
        if training_data.profile == REPLAYED_PROFILE:
            assert each.candidates.calibration_error <= FLOORS.calibration_error, day
        if each.stream:
            most = FLOORS.left_out_stream_loss.get(day, FLOORS.stream_loss)
            assert each.stream.f1 >= each.batch.f1 - most, day


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(1800)
def test_shipped_weights_are_those_of_the_training_sets(training_data: TrainingData) -> None:
    settings = training_data.settings
    shipped = load_merge_model(settings.merges)
    trained = training_data.train(load_pair_model(settings.pairs))
    assert trained.weights == pytest.approx(dict(shipped.weights), abs=0.01)
    assert trained.bias == pytest.approx(shipped.bias, abs=0.05)


def pair_model_without(day: str, training_data: TrainingData) -> PairModel:
    """The pair model that was trained without a day, or the shipped one if it has no such model."""
    path = LEFT_OUT / f"pair_model_{training_data.profile}_without_{day}.json"
    if not path.exists():
        return load_pair_model(training_data.settings.pairs)
    model = PairModel.load(path.read_text("utf-8"))
    assert not [name for name in model.about["sets"] if name.startswith(f"{day}.")]
    return model


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
