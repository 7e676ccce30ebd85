"""Models that were trained without one day of feeds: paths, loading, training.

    python -m tests.quality.sets.left_out_models DATA_DIR

Writes the merge models of both profiles. `make pair-models` writes the pair models.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from service.commands.research.grouper import cached_encoder
from service.commands.research.train_merges import (
    LabelledWindow,
    TrainingSet,
    read_sets,
    weigh_merges,
)
from service.commands.running.models import load_pair_model
from service.domain.articles.model import Vectors
from service.domain.merges.model import MergeModel
from service.domain.merges.training import LabelledMerges, fit
from service.domain.pairs.scoring.score import PairModel
from service.settings.load import Settings
from service.settings.paths import CONFIG_DIR
from tests.quality.sets.sets import (
    ENGLISH_PROFILE,
    EncodedSet,
    labelled,
    set_file,
    settings_for,
)

PROFILES = ("multilingual", "english")
DAYS = ("stream_day", "stream_day_c", "stream_day_d", "stream_day_e")
_FOLDER = Path(__file__).parent / "left_out"

GetSet = Callable[[str], EncodedSet]


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The windows of all training sets of a profile."""

    profile: str
    settings: Settings
    windows: list[LabelledWindow]
    cache: dict[tuple[str, float], list[tuple[LabelledMerges, float]]] = field(default_factory=dict)

    @classmethod
    def load(cls, profile: str, get: GetSet) -> "TrainingData":
        """Load the sets of `config/merge_sets.toml`; `get` returns a set by name."""
        windows = [
            _load_window(spec, profile, get)
            for spec in read_sets(CONFIG_DIR / "merge_sets.toml")
            if not spec.profiles or profile in spec.profiles
        ]
        return cls(profile, settings_for(name_under(profile, "")), windows)

    def train(self, model: PairModel, left_out: Sequence[str] = ()) -> MergeModel:
        """Train a merge model on all sets that share no file with the given ones."""
        used = [window for window in self.windows if not {*window.spec.files} & {*left_out}]
        return fit(
            [part for window in used for part in self._merges(window, model)],
            about={"sets": sorted({name for window in used for name in window.spec.files})},
        )

    def train_without(self, day: str) -> MergeModel:
        """Train a merge model without a day, on the pair score that did not see the day either."""
        return self.train(load_pair_model_without(day, self.profile), [f"{day}.jsonl"])

    def _merges(
        self, window: LabelledWindow, model: PairModel
    ) -> list[tuple[LabelledMerges, float]]:
        """The labelled merges of a window under a pair model; computed once for each."""
        key = (window.name, model.bias)
        if key not in self.cache:
            self.cache[key] = weigh_merges(window, model, self.settings)
        return self.cache[key]


def load_merge_model_without(day: str, profile: str) -> MergeModel:
    """The stored merge model that was trained without a day."""
    model = MergeModel.load(_path("merge_model", day, profile).read_text("utf-8"))
    _require_left_out(model.about["sets"], day)
    return model


def load_pair_model_without(day: str, profile: str) -> PairModel:
    """The stored pair model that was trained without a day, or the shipped one without such."""
    path = _path("pair_model", day, profile)
    if not path.exists():
        return load_pair_model(settings_for(name_under(profile, "")).pairs)
    model = PairModel.load(path.read_text("utf-8"))
    _require_left_out(model.about["sets"], day)
    return model


def name_under(profile: str, name: str) -> str:
    """The name of a set measured under a profile."""
    return f"{name}{ENGLISH_PROFILE}" if profile == "english" else name


def _path(kind: str, day: str, profile: str) -> Path:
    return _FOLDER / f"{kind}_{profile}_without_{day}.json"


def _require_left_out(trained_on: Iterable[str], day: str) -> None:
    if any(name.startswith(f"{day}.") for name in trained_on):
        raise ValueError(f"This model was trained on {day}")


def _load_window(spec: TrainingSet, profile: str, get: GetSet) -> LabelledWindow:
    used = [get(name_under(profile, Path(name).name.split(".")[0])) for name in spec.files]
    articles = [article for each in used for article in each.articles]
    labels = [label for each in used for label in each.labels]
    vectors = Vectors.concatenate([each.vectors for each in used])
    rows = list({article.id: row for row, article in reversed(list(enumerate(articles)))}.values())
    rows.sort()
    return LabelledWindow(
        spec, [articles[row] for row in rows], [labels[row] for row in rows], vectors[rows], {}
    )


def _write(data: Path) -> None:
    """Train and store the merge models without each day, from a folder of third-party data."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        @cache
        def get(name: str) -> EncodedSet:
            load = partial(cached_encoder, settings_for(name).embed)
            return labelled(name, set_file(name, data, folder), load, folder)

        for profile in PROFILES:
            training_data = TrainingData.load(profile, get)
            for day in DAYS:
                model = training_data.train_without(day)
                _path("merge_model", day, profile).write_text(model.dump(), "utf-8")


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
