"""Window vocabulary: document frequencies, TF-IDF weights and other statistics of a window."""

import io
import zlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from service.domain.articles.model import Floats
from service.domain.pairs.centering import CenteringMean
from service.domain.pairs.scoring.date_prior import WindowSizePrior

#: Minimum share of a name's articles in which it is capitalised. Other capitalised words stand at
#: the start of a sentence or in a title in title case.
_MIN_CAPITALISED = 0.75


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Statistics of a window: document frequencies and the context of its pair scores.

    `keys` are sorted 32-bit word keys, `counts` the number of the `articles` that contain each, and
    `name_counts` the number of articles in which it starts with a capital letter. Words not listed
    occur in at most one article. `background` is the mean cosine of unrelated
    articles, `centering_mean` the mean vectors, `window_size_prior` the number of competing
    articles. `prior_shift` is added to the log odds of every pair; 0 until the pairs of the window
    are scored.
    """

    articles: int
    background: float
    keys: NDArray[np.uint32]
    counts: NDArray[np.uint32]
    name_counts: NDArray[np.uint32]
    centering_mean: CenteringMean
    window_size_prior: WindowSizePrior
    prior_shift: float = 0.0

    @classmethod
    def build(
        cls,
        documents: "WordCounts",
        names: "WordCounts",
        *,
        background: float,
        centering_mean: CenteringMean,
        window_size_prior: WindowSizePrior,
    ) -> Self:
        """Count in how many documents each word occurs; `names` has its capitalised words."""
        frequencies = documents.document_frequencies()
        listed = frequencies > 1
        name_counts = _look_up(documents.keys[listed], names.keys, names.document_frequencies(), 0)
        return cls(
            articles=documents.counts.shape[0],
            background=background,
            keys=documents.keys[listed],
            counts=frequencies[listed].astype(np.uint32),
            name_counts=name_counts.astype(np.uint32),
            centering_mean=centering_mean,
            window_size_prior=window_size_prior,
        )

    def document_frequencies(self, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Number of articles that contain each word, at least 1."""
        return _look_up(keys, self.keys, self.counts, 1)

    def are_names(self, keys: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Whether capitalised words are names, which are nearly always capitalised."""
        capitalised = _look_up(keys, self.keys, self.name_counts, 1)
        return capitalised >= _MIN_CAPITALISED * self.document_frequencies(keys)

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
            name_counts=self.name_counts,
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
                # Vocabularies of earlier releases have no counts of names.
                name_counts=arrays["name_counts" if "name_counts" in arrays else "counts"],
                centering_mean=CenteringMean(str(arrays["model"]), overall, by_language),
                window_size_prior=WindowSizePrior(log_competitors, undated_proximity),
                prior_shift=shift,
            )


def _look_up(
    keys: NDArray[np.uint32],
    known: NDArray[np.uint32],
    values: NDArray[Any],
    default: int,
) -> NDArray[np.int64]:
    """The value of each key among `known`, which is sorted; `default` for other keys."""
    if not len(known):
        return np.full(len(keys), default, dtype=np.int64)
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[at] == keys, values[at], default).astype(np.int64)


@lru_cache(maxsize=1 << 16)
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
    def count(cls, documents: Iterable[Iterable[str]]) -> "WordCounts":
        """Count the words of each document."""
        counter = WordCounter()
        for document in documents:
            counter.add(document)
        return counter.finish()

    def document_frequencies(self) -> NDArray[np.int64]:
        """Number of documents that contain each word."""
        return np.bincount(self.counts.indices, minlength=len(self.keys))

    def select(self, words: NDArray[np.bool_]) -> "WordCounts":
        """Select words, given as a mask over `keys`."""
        return WordCounts(self.counts[:, words], self.keys[words])

    def only(self, other: "WordCounts") -> "WordCounts":
        """Keep in each document the words of the same document of `other`."""
        return WordCounts(self._common(other), self.keys)

    def without(self, other: "WordCounts") -> "WordCounts":
        """Remove from each document the words of the same document of `other`."""
        remaining = csr_matrix(self.counts - self._common(other))
        remaining.eliminate_zeros()
        remaining.sort_indices()
        return WordCounts(remaining, self.keys)

    def _common(self, other: "WordCounts") -> csr_matrix:
        """The counts of words that the same document of `other` contains."""
        _, own, others = np.intersect1d(
            self.keys, other.keys, assume_unique=True, return_indices=True
        )
        known = other.counts[:, others]
        mask = csr_matrix(
            (np.ones(known.nnz), own[known.indices], known.indptr), shape=self.counts.shape
        )
        common = csr_matrix(self.counts.multiply(mask))
        common.sort_indices()
        return common

    def idf_rows(self, vocabulary: Vocabulary) -> csr_matrix:
        """Rows with the inverse document frequency of each word of the document, counted once."""
        return _with_data(self.counts, vocabulary.idf(self.keys)[self.counts.indices])

    def tf_idf(self, vocabulary: Vocabulary) -> csr_matrix:
        """TF-IDF rows of unit length."""
        return normalise_rows(self.idf_weights(vocabulary))

    def idf_weights(self, vocabulary: Vocabulary) -> csr_matrix:
        """TF-IDF rows without normalization: frequencies times inverse document frequencies."""
        weights = vocabulary.idf(self.keys)[self.counts.indices]
        weights *= self.counts.data
        return _with_data(self.counts, weights)


class WordCounter:
    """Counts the words of documents; it holds four bytes per word."""

    def __init__(self) -> None:
        self._cells, self._lengths = array("I"), array("I")

    def add(self, words: Iterable[str]) -> None:
        """Add the words of the next document."""
        before = len(self._cells)
        self._cells.extend(map(word_key, words))
        self._lengths.append(len(self._cells) - before)

    def finish(self) -> WordCounts:
        """Return the counts of all documents."""
        cells = np.frombuffer(self._cells, dtype=np.uint32)
        keys = np.unique(cells)
        columns = np.searchsorted(keys, cells).astype(np.int32)
        starts = np.zeros(len(self._lengths) + 1, dtype=np.int32)
        np.cumsum(self._lengths, out=starts[1:])
        shape = len(self._lengths), len(keys)
        matrix = csr_matrix((np.ones(len(cells)), columns, starts), shape)
        matrix.sum_duplicates()  # sorts the columns of each row, too
        matrix.data = 1 + np.log(matrix.data)
        return WordCounts(matrix, keys)


def normalise_rows(matrix: csr_matrix) -> csr_matrix:
    """Scale every row to unit length; empty rows stay empty."""
    squares = _with_data(matrix, matrix.data * matrix.data)
    lengths = np.sqrt(np.asarray(squares.sum(axis=1)).ravel())
    lengths = np.repeat(np.where(lengths > 0, lengths, 1), np.diff(matrix.indptr))
    return _with_data(matrix, matrix.data / lengths)


def _with_data(matrix: csr_matrix, data: Floats) -> csr_matrix:
    """A matrix with other values in the same cells; both share the arrays of the cells."""
    return csr_matrix((data, matrix.indices, matrix.indptr), matrix.shape)


def rarest_keys(words: Iterable[str], vocabulary: Vocabulary, limit: int) -> list[int]:
    """Keys of the rarest words of an article, rarest first; an index for finding shared words."""
    keys = np.array(sorted({word_key(word) for word in words}), dtype=np.uint32)
    order = np.argsort(vocabulary.document_frequencies(keys), kind="stable")
    return [int(key) for key in keys[order[:limit]]]
