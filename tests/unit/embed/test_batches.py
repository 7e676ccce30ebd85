"""Batches of texts: distinct texts, threads, progress."""

import threading

import numpy as np
from numpy.typing import NDArray

from service.embed.batches import encode_distinct

TEXTS = [f"{'word ' * (number % 7)}{number}" for number in range(40)]


def lengths(batch: list[str]) -> NDArray[np.float32]:
    return np.array([[len(text), hash(text) % 97] for text in batch], dtype=np.float32)


def test_threads_do_not_change_vectors_or_their_order() -> None:
    one = encode_distinct(TEXTS, lengths, size=4, dimensions=2)
    several = encode_distinct(TEXTS, lengths, size=4, dimensions=2, threads=3)
    assert (one == several).all()
    assert (one == lengths(TEXTS)).all()


def test_batches_run_at_the_same_time() -> None:
    barrier = threading.Barrier(2, timeout=20)

    def encode(batch: list[str]) -> NDArray[np.float32]:
        barrier.wait()  # fails unless two threads arrive
        return lengths(batch)

    assert len(encode_distinct(TEXTS[:8], encode, size=4, dimensions=2, threads=2)) == 8


def test_single_batch_stays_in_its_thread() -> None:
    seen = []

    def encode(batch: list[str]) -> NDArray[np.float32]:
        seen.append(threading.current_thread())
        return lengths(batch)

    encode_distinct(TEXTS, encode, size=40, dimensions=2, threads=2)
    assert seen == [threading.current_thread()]


def test_progress_counts_distinct_texts_in_order() -> None:
    progress: list[tuple[int, int]] = []
    encode_distinct(
        TEXTS[:10] * 2,
        lengths,
        size=4,
        dimensions=2,
        threads=2,
        on_progress=lambda done, total: progress.append((done, total)),
    )
    assert progress == [(4, 10), (8, 10), (10, 10)]
