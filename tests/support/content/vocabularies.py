"""Window vocabularies for tests."""

from collections.abc import Iterable

import numpy as np

from service.domain.pairs.centering import CenteringMean
from service.domain.pairs.scoring.date_prior import WindowSizePrior
from service.domain.pairs.vocabulary import Vocabulary, WordCounts

DIMENSIONS = 8


def vocabulary_of(documents: Iterable[Iterable[str]], *, background: float = 0.1) -> Vocabulary:
    """Build the vocabulary of some documents, with a zero vector as their mean."""
    return Vocabulary.build(
        WordCounts.count(documents),
        WordCounts.count([]),
        background=background,
        centering_mean=CenteringMean("m", np.zeros(DIMENSIONS), {}),
        window_size_prior=WindowSizePrior(log_competitors=0.0, undated_proximity=1.0),
    )
