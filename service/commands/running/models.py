"""Loading of the pair and merge models and, on first use, of the embedding model."""

import gc
import json
import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from service.domain.merges.model import MergeModel
from service.domain.pairs.scoring.score import PairModel
from service.embed import free_memory
from service.embed.encoder import Encoder
from service.embed.loader import LoadModel, load_encoder, load_model
from service.embed.model_set import ModelSet
from service.errors import BadInputError
from service.settings.model_choice import ModelChoice
from service.settings.sections.embedding import EmbedSettings, WeightsSettings

#: Weights of the default profile, "multilingual".
PAIR_WEIGHTS = WeightsSettings("pair_model_multilingual.json")
MERGE_WEIGHTS = WeightsSettings("merge_model_multilingual.json")

Model = TypeVar("Model")


def load_pair_model(settings: WeightsSettings = PAIR_WEIGHTS) -> PairModel:
    """Load the weights of the pair score.

    Raises:
        BadInputError: the file is missing or contains no pair model.
    """
    return _load(settings.path, PairModel.load)


def load_merge_model(settings: WeightsSettings = MERGE_WEIGHTS) -> MergeModel:
    """Load the merge model.

    Raises:
        BadInputError: the file is missing or contains no merge model.
    """
    return _load(settings.path, MergeModel.load)


def lazy_encoder(settings: EmbedSettings, load: LoadModel = load_model) -> Callable[[], Encoder]:
    """Return a thread-safe function that loads the encoder on its first call and caches it."""
    lock = threading.Lock()
    loaded: list[Encoder] = []

    def get() -> Encoder:
        with lock:
            if not loaded:
                loaded.append(load_encoder(settings, load))
        return loaded[0]

    return get


class ModelSets:
    """Loads the models of a choice once.

    Two choices are loaded during a change of the model; `keep` removes the former one.
    """

    def __init__(self, reach: timedelta, load: LoadModel = load_model) -> None:
        self._reach, self._load_model = reach, load
        self._lock = threading.Lock()
        self._sets: dict[str, ModelSet] = {}

    def load(self, choice: ModelChoice) -> ModelSet:
        """Return the models of a choice; the encoder is loaded at its first use.

        Raises:
            BadInputError: a file of weights is missing or contains no weights.
        """
        key = json.dumps(choice.to_json(), sort_keys=True)
        with self._lock:
            models = self._sets.pop(key, None) or ModelSet(
                choice,
                lazy_encoder(choice.embed, self._load_model),
                load_pair_model(choice.pairs).with_window(self._reach),
                load_merge_model(choice.merges),
            )
            self._sets[key] = models
            return models

    def keep(self, choices: Iterable[ModelChoice]) -> None:
        """Keep the models of these choices; remove those of all others, and free their memory."""
        keys = {json.dumps(each.to_json(), sort_keys=True) for each in choices}
        with self._lock:
            former = [each for each in self._sets if each not in keys]
            for key in former:
                del self._sets[key]
        if former:
            gc.unfreeze()  # the web server excludes its model from garbage collection
            gc.collect()
            gc.freeze()
            free_memory.trim()


def _load(path: Path, parse: Callable[[str], Model]) -> Model:
    try:
        return parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, BadInputError) as error:
        raise BadInputError(f"{path}: {error}") from error
