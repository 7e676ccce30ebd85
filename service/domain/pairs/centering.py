"""What all articles of a window have in common is taken off their vectors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from service.domain.articles.model import Floats, Vectors
from service.errors import ModelMismatchError

#: How many articles a mean of nothing counts for beside a window's, and beside a language's.
WORTH, LANGUAGE_WORTH = 50, 20

#: Primary language of each row, e.g. "en"; empty where it is not known. Shape (n,).
Languages = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Centre:
    """Mean vectors of a window: of all its articles, and of each language.

    Each is drawn to zero, or to the mean of all, where there are few articles: otherwise a
    window of one story would lose what makes it one. Vectors of one language lie together
    whatever they tell; without their own mean, articles of two languages meet. `model` made the
    vectors, and means nothing to another's.
    """

    model: str
    usual: Floats
    of_language: Mapping[str, Floats]

    @classmethod
    def of(cls, vectors: Vectors, languages: Languages) -> Self:
        """The means of a window; articles with a zero vector, of which nothing is known, don't count."""
        known = vectors.values.any(axis=1)
        values, tags = vectors.values[known].astype(np.float64), languages[known]
        usual = values.sum(axis=0) / (len(values) + WORTH)
        own = {}
        for tag in sorted(set(tags.tolist()) - {""}):
            rows = values[tags == tag]
            share = len(rows) / (len(rows) + LANGUAGE_WORTH)
            own[tag] = usual + share * (rows.mean(axis=0) - usual)
        return cls(vectors.model, usual, own if len(own) > 1 else {})

    def taken_off(self, vectors: Vectors, languages: Languages) -> Vectors:
        """The vectors less their mean, of unit length again; zero vectors stay zero.

        Raises:
            ModelMismatchError: the means are those of another model's vectors.
        """
        if vectors.model != self.model:
            raise ModelMismatchError(self.model, vectors.model)
        values = vectors.values.astype(np.float64)
        rest = values - self._means(languages)
        lengths = np.linalg.norm(rest, axis=1, keepdims=True)
        unit = np.divide(rest, lengths, out=np.zeros_like(rest), where=lengths > 0)
        unit[~values.any(axis=1)] = 0
        return Vectors(vectors.model, unit.astype(np.float32))

    def _means(self, languages: Languages) -> Floats:
        means = np.tile(self.usual, (len(languages), 1))
        for tag, mean in self.of_language.items():
            means[languages == tag] = mean
        return means
