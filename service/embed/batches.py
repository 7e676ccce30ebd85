"""Batch encoding with deterministic batches: the order of the texts does not matter."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from service.domain.progress import OnProgress


def encode_distinct(
    texts: Sequence[str],
    encode_batch: Callable[[list[str]], NDArray[np.float32]],
    *,
    size: int,
    dimensions: int,
    on_progress: OnProgress | None = None,
) -> NDArray[np.float32]:
    """Encode each distinct text once, in batches of similar length; shape (n, dimensions).

    Batches depend only on the set of texts, so their order does not change even the last bits.
    """
    distinct = sorted(set(texts), key=lambda text: (len(text), text))
    vectors = np.zeros((len(distinct), dimensions), dtype=np.float32)
    for start in range(0, len(distinct), size):
        end = min(start + size, len(distinct))
        vectors[start:end] = encode_batch(distinct[start:end])
        if on_progress:
            on_progress(end, len(distinct))
    rows = {text: row for row, text in enumerate(distinct)}
    return vectors[[rows[text] for text in texts]] if len(texts) else vectors
