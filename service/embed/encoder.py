"""Encoder protocol: texts to unit vectors. Types only; implementations are in `loader`."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from service.domain.progress import OnProgress


class Encoder(Protocol):
    """Encodes texts as vectors of unit length."""

    @property
    def model(self) -> str:
        """Tag of model and weights; vectors with different tags are not comparable."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        ...

    def encode(
        self, texts: Sequence[str], *, on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """Encode texts, one row per text, shape (n, dimensions), unit length.

        The order of the texts does not affect their vectors.
        """
        ...


@runtime_checkable
class MultilingualEncoder(Encoder, Protocol):
    """An encoder that uses the language of each text."""

    def encode_by_language(
        self,
        languages: Sequence[str],
        texts: Sequence[str],
        *,
        on_progress: OnProgress | None = None,
    ) -> NDArray[np.float32]:
        """Encode texts given their language tags, such as "en-gb"; "" if unknown."""
        ...
