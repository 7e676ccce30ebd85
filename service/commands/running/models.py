"""Loading of the pair and merge models and, on first use, of the embedding model."""

import threading
from collections.abc import Callable
from pathlib import Path

from service.domain.merges.model import MergeModel
from service.domain.pairs.score import PairModel
from service.embed.encoder import Encoder
from service.embed.loader import load_encoder
from service.errors import BadInputError
from service.settings.embedding import EmbedSettings, MergeSettings, PairSettings

#: Weights of the default profile.
DEFAULT_WEIGHTS = PairSettings("pair_model.json")
DEFAULT_MERGE_WEIGHTS = MergeSettings("merge_model.json")


def load_pair_model(settings: PairSettings = DEFAULT_WEIGHTS) -> PairModel:
    """Load the weights of the pair score.

    Raises:
        BadInputError: the file is missing or contains no pair model.
    """
    return PairModel.load(_read(settings.path))


def load_merge_model(settings: MergeSettings = DEFAULT_MERGE_WEIGHTS) -> MergeModel:
    """Load the weights of the merge decision.

    Raises:
        BadInputError: the file is missing or contains no merge model.
    """
    return MergeModel.load(_read(settings.path))


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


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path}: {error}") from error
