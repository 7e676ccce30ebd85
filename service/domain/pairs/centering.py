"""Centring of vectors: subtracts the mean vector of a window, by language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from service.domain.articles.model import Floats, Vectors
from service.errors import ModelMismatchError

#: Shrinkage, in articles: of the window's mean towards zero, and of a language's mean towards
#: the window's.
PRIOR_ARTICLES, LANGUAGE_PRIOR_ARTICLES = 50, 20

#: Rows per step in double precision, to limit the memory.
_BLOCK_ROWS = 1 << 10

#: Primary language of each row, e.g. "en"; empty if unknown. Shape (n,).
Languages = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class CenteringMean:
    """Mean vectors of a window: overall and by language, each of shape (dimensions,).

    The overall mean is shrunk towards zero and a language's mean towards the overall one;
    otherwise a window with a single story would lose what its articles share. Vectors of one
    language lie close together whatever their content; subtracting the mean of each language makes
    articles of two languages comparable. `model` is the tag of the vectors' model.
    """

    model: str
    overall: Floats
    by_language: Mapping[str, Floats]

    @classmethod
    def fit(cls, vectors: Vectors, languages: Languages) -> Self:
        """Compute the means of a window, ignoring zero vectors."""
        nonzero = vectors.values.any(axis=1)
        values, tags = vectors.values[nonzero], languages[nonzero]
        overall = values.sum(axis=0, dtype=np.float64) / (len(values) + PRIOR_ARTICLES)
        by_language = {}
        for tag in sorted(set(tags.tolist()) - {""}):
            rows = values[tags == tag]
            weight = len(rows) / (len(rows) + LANGUAGE_PRIOR_ARTICLES)
            by_language[tag] = overall + weight * (rows.mean(axis=0, dtype=np.float64) - overall)
        return cls(vectors.model, overall, by_language if len(by_language) > 1 else {})

    def subtract_from(self, vectors: Vectors, languages: Languages) -> Vectors:
        """Subtract the means and rescale to unit length; zero vectors stay zero.

        Raises:
            ModelMismatchError: the means were computed from another model's vectors.
        """
        if vectors.model != self.model:
            raise ModelMismatchError(self.model, vectors.model)
        unit = np.zeros_like(vectors.values)
        for start in range(0, len(unit), _BLOCK_ROWS):
            rows = slice(start, start + _BLOCK_ROWS)
            values = vectors.values[rows].astype(np.float64)
            means = np.tile(self.overall, (len(values), 1))
            for tag, mean in self.by_language.items():
                means[languages[rows] == tag] = mean
            rest = values - means
            lengths = np.linalg.norm(rest, axis=1, keepdims=True)
            scaled = values.any(axis=1, keepdims=True) & (lengths > 0)
            np.divide(rest, lengths, out=rest, where=scaled)
            unit[rows] = np.where(scaled, rest, 0)
        return Vectors(vectors.model, unit)
