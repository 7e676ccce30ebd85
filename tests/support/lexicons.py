"""Lexicons of windows that don't exist."""

from collections.abc import Iterable

import numpy as np

from service.domain.centre import Centre
from service.domain.chance import Crowd
from service.domain.lexicon import Lexicon, WordCounts

DIMENSIONS = 8


def lexicon_of(documents: Iterable[Iterable[str]], *, background: float = 0.1) -> Lexicon:
    """What is usual among some documents, whose vectors have nothing in common."""
    return Lexicon.of(
        WordCounts.of(documents),
        background=background,
        centre=Centre("m", np.zeros(DIMENSIONS), {}),
        crowd=Crowd(rivals=0.0, undated=1.0),
    )
