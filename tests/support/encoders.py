"""Fake encoder: texts with common words get similar vectors."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from service.domain.articles.tokenization import words
from service.domain.pairs.vocabulary import word_key


class WordEncoder:
    """Sums a fixed random direction per word; deterministic."""

    model = "words@1"
    dimensions = 64

    def encode(
        self, texts: Sequence[str], *, on_progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        vectors = np.array([self._vector(text) for text in texts], dtype=np.float32)
        if on_progress:
            on_progress(len(texts), len(texts))
        return vectors.reshape(-1, self.dimensions)

    def _vector(self, text: str) -> NDArray[np.float64]:
        directions = [self._direction(word) for word in set(words(text))]
        total = np.sum(directions, axis=0) if directions else np.zeros(self.dimensions)
        length = np.linalg.norm(total)
        return np.asarray(total / length if length else total)

    def _direction(self, word: str) -> NDArray[np.float64]:
        return np.random.default_rng(word_key(word)).normal(size=self.dimensions)
