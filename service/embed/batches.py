"""Texts in batches, the same ones whatever the order they come in."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

#: Told how many texts are done and how many there are.
OnProgress = Callable[[int, int], None]


def encode_distinct(
    texts: Sequence[str],
    encode_batch: Callable[[list[str]], NDArray[np.float32]],
    *,
    size: int,
    dimensions: int,
    on_progress: OnProgress | None = None,
) -> NDArray[np.float32]:
    """Encode each distinct text once, in batches of similar length; shape (n, dimensions).

    Batches depend on the set of texts alone, so their order leaves no trace in the last bits.
    """
    distinct = sorted(set(texts), key=lambda text: (len(text), text))
    found = np.zeros((len(distinct), dimensions), dtype=np.float32)
    for start in range(0, len(distinct), size):
        end = min(start + size, len(distinct))
        found[start:end] = encode_batch(distinct[start:end])
        if on_progress:
            on_progress(end, len(distinct))
    rows = {text: row for row, text in enumerate(distinct)}
    return found[[rows[text] for text in texts]] if len(texts) else found
