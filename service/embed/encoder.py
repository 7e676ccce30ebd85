"""What turns texts into vectors, and how settings choose it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from service.domain.articles import Article, Vectors
from service.domain.text import encoded_text, has_words

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
    values[known] = encoder.encode(texts, on_progress=on_progress)
    values[~np.isfinite(values).all(axis=1)] = 0  # one such number would spoil a window's means
    return Vectors(encoder.model, values)


def _reads(languages: Collection[str], lang: str) -> bool:
    """Whether a model of these languages reads an article in `lang`, such as "en-gb" or ""."""
    return not languages or not lang or lang.lower().partition("-")[0] in languages
