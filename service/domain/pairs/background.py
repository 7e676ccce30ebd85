"""How alike the articles of a window are that have nothing to do with each other."""

import numpy as np

from service.domain.articles.model import Vectors

#: The figure for a day of general news, and how many articles it counts for in a small window.
USUAL, WORTH = 0.09, 50


def background(vectors: Vectors) -> float:
    """Mean cosine of two articles of the window, drawn to `USUAL` where there are few.

    All pairs at once, without looking at any: the sum of the vectors holds them. A window
    about one field is denser than one of general news, and asks for more evidence. Articles
    with a zero vector, of which nothing is known, don't count.
    """
    count = int(vectors.values.any(axis=1).sum())
    summed = vectors.values.sum(axis=0, dtype=np.float64)
    mean = (float(summed @ summed) - count) / (count * (count - 1)) if count > 1 else 0.0
    return (mean * count + USUAL * WORTH) / (count + WORTH)
