"""Loading of the pair model and, on first use, of the embedding model."""

import threading
from collections.abc import Callable

from service.domain.pairs.score import PairModel
from service.embed.encoder import Encoder
from service.embed.loader import load_encoder
from service.errors import BadInputError
from service.settings.embedding import EmbedSettings, PairSettings

#: Weights of the default profile.
DEFAULT_WEIGHTS = PairSettings("pair_model.json")


def load_pair_model(settings: PairSettings = DEFAULT_WEIGHTS) -> PairModel:
    """Load the weights of the pair score.

    Raises:
        BadInputError: the file is missing or contains no pair model.
    """
    try:
        return PairModel.load(settings.path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{settings.path}: {error}") from error


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
