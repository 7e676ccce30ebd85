"""Lexicons of windows that don't exist."""

from collections.abc import Iterable

import numpy as np

from service.domain.pairs.centering import Centre
from service.domain.pairs.date_prior import Crowd
from service.domain.pairs.vocabulary import Lexicon, WordCounts

DIMENSIONS = 8


def lexicon_of(documents: Iterable[Iterable[str]], *, background: float = 0.1) -> Lexicon:
    """What is usual among some documents, whose vectors have nothing in common."""
    return Lexicon.of(
        WordCounts.of(documents),
        background=background,
        centre=Centre("m", np.zeros(DIMENSIONS), {}),
        crowd=Crowd(rivals=0.0, undated=1.0),
    )
