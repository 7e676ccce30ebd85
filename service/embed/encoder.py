"""What turns texts into vectors, and how settings choose it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from service.domain.articles import Article, Vectors
from service.domain.text import encoded_text

#: Told how many texts are done and how many there are.
OnProgress = Callable[[int, int], None]

Precision = Literal["auto", "float32", "bfloat16"]

#: The setting that stands for the weights that come with the package.
BUNDLED = "bundled"


@dataclass(frozen=True, slots=True)
class EmbedSettings:
    """Which model reads the articles, and how."""

    model: str  #: "bundled", or a sentence-transformers name or path
    precision: Precision  #: "auto" multiplies in bfloat16 where the processor has it in hardware
    tokens: int  #: a text is cut after so many tokens
    batch: int  #: texts per batch


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


def load_encoder(settings: EmbedSettings) -> Encoder:
    """Load the model that the settings name; takes seconds.

    Raises:
        ModelChecksumError: the bundled weights are not the expected ones.
        ModelMissingError: there is no such model here, and none could be fetched.
    """
    # Imported here because torch takes seconds to import, which `--help` should not wait for.
    from service.embed.transformer import SentenceEncoder  # noqa: PLC0415

    return SentenceEncoder.load(settings)


def encode_articles(
    encoder: Encoder, articles: Sequence[Article], *, on_progress: OnProgress | None = None
) -> Vectors:
    """The vectors of some articles, row by row."""
    texts = [encoded_text(article) for article in articles]
    return Vectors(encoder.model, encoder.encode(texts, on_progress=on_progress))
