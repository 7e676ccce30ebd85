"""Loading of the pair and merge models and, on first use, of the embedding model."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from service.domain.merges.model import MergeModel
from service.domain.pairs.score import PairModel
from service.embed.encoder import Encoder
from service.embed.loader import load_encoder
from service.errors import BadInputError
from service.settings.embedding import EmbedSettings, WeightsSettings

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
    """Load the weights of the merge decision.

    Raises:
        BadInputError: the file is missing or contains no merge model.
    """
    return _load(settings.path, MergeModel.load)


def lazy_encoder(settings: EmbedSettings) -> Callable[[], Encoder]:
    """Return a thread-safe function that loads the encoder on its first call and caches it."""
    lock = threading.Lock()
    loaded: list[Encoder] = []

    def get() -> Encoder:
        with lock:
            if not loaded:
                loaded.append(load_encoder(settings))
        return loaded[0]

    return get


def _load(path: Path, parse: Callable[[str], Model]) -> Model:
    try:
        return parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, BadInputError) as error:
        raise BadInputError(f"{path}: {error}") from error
