"""Window vocabulary: document frequencies, TF-IDF weights and other statistics of a window."""

import io
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from service.domain.pairs.centering import CenteringMean
from service.domain.pairs.date_prior import WindowSizePrior


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Statistics of a window: document frequencies and the context of its pair scores.

    `keys` are sorted 32-bit word keys, `counts` the number of the `articles` that contain each.
    Words not listed occur in at most one article. `background` is the mean cosine of unrelated
    articles, `centering_mean` the mean vectors, `window_size_prior` the number of competing
    articles. `prior_shift` is added to the log odds of every pair; 0 until the pairs of the window
    are scored.
    """

    articles: int
    background: float
    keys: NDArray[np.uint32]
    counts: NDArray[np.uint32]
    centering_mean: CenteringMean
    window_size_prior: WindowSizePrior
    prior_shift: float = 0.0

    @classmethod
    def build(
        cls,
        documents: "WordCounts",
        *,
        background: float,
        centering_mean: CenteringMean,
        window_size_prior: WindowSizePrior,
    ) -> Self:
        """Count in how many documents each word occurs."""
        frequencies = np.bincount(documents.counts.indices, minlength=len(documents.keys))
        listed = frequencies > 1
        return cls(
            articles=documents.counts.shape[0],
            background=background,
            keys=documents.keys[listed],
            counts=frequencies[listed].astype(np.uint32),
            centering_mean=centering_mean,
            window_size_prior=window_size_prior,
        )

    def document_frequencies(self, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Number of articles that contain each word, at least 1."""
        if not len(self.keys):
            return np.ones(len(keys), dtype=np.int64)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, self.counts[at], 1).astype(np.int64)

    def idf(self, keys: NDArray[np.uint32]) -> NDArray[np.float64]:
        """Smoothed inverse document frequency, ln((1+n)/(1+df)) + 1 (Spärck Jones 1972)."""
        frequencies = self.document_frequencies(keys)
        capped = np.minimum(frequencies, self.articles)
        return np.log((1 + max(self.articles, 1)) / (1 + capped)) + 1

    def to_bytes(self) -> bytes:
        """Serialise for storage (numpy's npz); `from_bytes` is the inverse."""
        means, prior = self.centering_mean, self.window_size_prior
        tags = sorted(means.by_language)
        figures = [
            self.background,
            prior.log_competitors,
            prior.undated_proximity,
            self.prior_shift,
        ]
        stored = io.BytesIO()
        np.savez_compressed(
            stored,
            figures=np.array(figures),
            articles=np.array(self.articles),
            keys=self.keys,
            counts=self.counts,
            means=np.stack([means.overall, *(means.by_language[tag] for tag in tags)]),
            languages=np.array(tags, dtype=np.str_),
            model=np.array(means.model),
        )
        return stored.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """Deserialise the result of `to_bytes`."""
        with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
            background, log_competitors, undated_proximity, shift = arrays["figures"].tolist()
            overall, *means = arrays["means"]
            by_language = dict(zip(arrays["languages"].tolist(), means, strict=True))
            return cls(
                articles=int(arrays["articles"]),
                background=background,
                keys=arrays["keys"],
                counts=arrays["counts"],
                centering_mean=CenteringMean(str(arrays["model"]), overall, by_language),
                window_size_prior=WindowSizePrior(log_competitors, undated_proximity),
                prior_shift=shift,
            )


@lru_cache(maxsize=1 << 18)
def word_key(word: str) -> int:
    """32-bit key of a word (CRC-32), stable across machines and runs."""
    return zlib.crc32(word.encode())


@dataclass(frozen=True, slots=True)
class WordCounts:
    """Dampened term frequencies of documents, 1 + ln(count).

    `counts` has shape (documents, words); column i is the word of `keys[i]`, keys ascending.
    """

    counts: csr_matrix
    keys: NDArray[np.uint32]

    def __getitem__(self, rows: NDArray[np.int64]) -> "WordCounts":
        """Select documents; the words stay the same."""
        return WordCounts(self.counts[rows], self.keys)

    @classmethod
    def count(cls, documents: Iterable[Iterable[str]]) -> Self:
        """Count the words of each document."""
        counts = [Counter(word_key(word) for word in document) for document in documents]
        starts = np.cumsum([0, *map(len, counts)])
        cell_keys = np.array([key for count in counts for key in count], dtype=np.uint32)
        times = np.array([n for count in counts for n in count.values()], dtype=np.float64)
        keys, at = np.unique(cell_keys, return_inverse=True)
        matrix = csr_matrix((1 + np.log(times), at, starts), shape=(len(counts), len(keys)))
        matrix.sort_indices()
        return cls(matrix, keys)

    def idf_rows(self, vocabulary: Vocabulary) -> csr_matrix:
        """Rows with the inverse document frequency of each word of the document, counted once."""
        matrix = self.counts.copy()
        matrix.data = vocabulary.idf(self.keys)[matrix.indices]
        return matrix

    def tf_idf(self, vocabulary: Vocabulary) -> csr_matrix:
        """TF-IDF rows of unit length."""
        matrix = self.counts.copy()
        matrix.data = matrix.data * vocabulary.idf(self.keys)[matrix.indices]
        return normalise_rows(matrix)


def normalise_rows(matrix: csr_matrix) -> csr_matrix:
    """Scale every row to unit length; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scaled = matrix.copy()
    scaled.data = matrix.data / np.repeat(np.where(lengths > 0, lengths, 1), np.diff(matrix.indptr))
    return scaled


def rarest_keys(words: Iterable[str], vocabulary: Vocabulary, limit: int) -> list[int]:
    """Keys of the rarest words of an article, rarest first; an index for finding shared words."""
    keys = np.array(sorted({word_key(word) for word in words}), dtype=np.uint32)
    order = np.argsort(vocabulary.document_frequencies(keys), kind="stable")
    return [int(key) for key in keys[order[:limit]]]
