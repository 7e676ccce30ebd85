"""Batch encoding with deterministic batches: the order of the texts does not matter."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from service.domain.progress import OnProgress
from service.embed import free_memory

#: Free memory is returned only after this many batches, so not after the query of a search.
_TRIM_BATCHES = 2


def encode_distinct(
    texts: Sequence[str],
    encode_batch: Callable[[list[str]], NDArray[np.float32]],
    *,
    size: int,
    dimensions: int,
    threads: int = 1,
    on_progress: OnProgress | None = None,
) -> NDArray[np.float32]:
    """Encode each distinct text once, in batches of similar length; shape (n, dimensions).

    Batches depend only on the set of texts, so their order does not change even the last bits. At
    most `threads` batches are encoded at the same time; `encode_batch` must allow that.
    """
    distinct = sorted(set(texts), key=lambda text: (len(text), text))
    batches = [distinct[start : start + size] for start in range(0, len(distinct), size)]
    vectors = np.zeros((len(distinct), dimensions), dtype=np.float32)
    done = 0
    for values in _encode_in_threads(batches, encode_batch, threads):
        vectors[done : done + len(values)] = values
        done += len(values)
        if on_progress:
            on_progress(done, len(distinct))
    if len(batches) >= _TRIM_BATCHES:
        free_memory.trim()
    rows = {text: row for row, text in enumerate(distinct)}
    return vectors[[rows[text] for text in texts]] if len(texts) else vectors


def _encode_in_threads(
    batches: Sequence[list[str]],
    encode_batch: Callable[[list[str]], NDArray[np.float32]],
    threads: int,
) -> Iterator[NDArray[np.float32]]:
    """Vectors of each batch, in order; a single batch stays in the calling thread."""
    if threads == 1 or len(batches) <= 1:
        yield from map(encode_batch, batches)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(encode_batch, batches)
