"""Background similarity: mean cosine of unrelated articles in a window."""

import numpy as np

from service.domain.articles.model import Vectors

#: Background similarity of a day of general news.
DEFAULT_SIMILARITY = 0.09
#: Weight of the default, in articles; it dominates in small windows.
PRIOR_ARTICLES = 50


def background_similarity(vectors: Vectors) -> float:
    """Mean cosine of two articles of a window, shrunk towards `DEFAULT_SIMILARITY`.

    Computed from the sum of all vectors, without a pass over pairs. A window about one field has
    a higher background than one of general news, so its pairs need more evidence. Zero vectors
    are ignored.
    """
    count = int(vectors.values.any(axis=1).sum())
    summed = vectors.values.sum(axis=0, dtype=np.float64)
    mean = (float(summed @ summed) - count) / (count * (count - 1)) if count > 1 else 0.0
    return (mean * count + DEFAULT_SIMILARITY * PRIOR_ARTICLES) / (count + PRIOR_ARTICLES)
