"""What is usual in a window: which words are rare, what all have in common, how full it is."""

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

from service.domain.pairs.centering import Centre
from service.domain.pairs.date_prior import Crowd


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is usual in a window: document frequencies, and how alike and how many strangers are.

    `keys` are sorted 32-bit word keys, `counts` how many of the `articles` hold each. A word
    that is not listed counts as held by one article. `background` is the cosine at which
    articles of the window are near without telling the same (`background.background`),
    `centre` what their vectors have in common, `crowd` how many compete for a story. `shift` is
    added to the log odds of every pair (`prior.shift`); 0 until the window's pairs were scored.
    """

    articles: int
    background: float
    keys: NDArray[np.uint32]
    counts: NDArray[np.uint32]
    centre: Centre
    crowd: Crowd
    shift: float = 0.0

    @classmethod
    def of(
        cls, documents: "WordCounts", *, background: float, centre: Centre, crowd: Crowd
    ) -> Self:
        """Count each word once per document."""
        held = np.bincount(documents.counts.indices, minlength=len(documents.keys))
        kept = held > 1
        counts = held[kept].astype(np.uint32)
        articles = documents.counts.shape[0]
        return cls(articles, background, documents.keys[kept], counts, centre, crowd)

    def frequencies(self, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Number of articles that hold each word, at least 1."""
        if not len(self.keys):
            return np.ones(len(keys), dtype=np.int64)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, self.counts[at], 1).astype(np.int64)

    def weights(self, keys: NDArray[np.uint32]) -> NDArray[np.float64]:
        """Smoothed inverse document frequency, ln((1+n)/(1+df)) + 1 (Spärck Jones 1972)."""
        seen = self.frequencies(keys)
        return np.log((1 + max(self.articles, 1)) / (1 + np.minimum(seen, self.articles))) + 1

    def to_bytes(self) -> bytes:
        """Compact form for storage (numpy's npz); `from_bytes` is its inverse."""
        tags = sorted(self.centre.of_language)
        stored = io.BytesIO()
        np.savez_compressed(
            stored,
            figures=np.array([self.background, self.crowd.rivals, self.crowd.undated, self.shift]),
            articles=np.array(self.articles),
            keys=self.keys,
            counts=self.counts,
            means=np.stack([self.centre.usual, *(self.centre.of_language[tag] for tag in tags)]),
            languages=np.array(tags, dtype=np.str_),
            model=np.array(self.centre.model),
        )
        return stored.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        with np.load(io.BytesIO(stored), allow_pickle=False) as found:
            background, rivals, undated, shift = found["figures"].tolist()
            usual, *own = found["means"]
            means = dict(zip(found["languages"].tolist(), own, strict=True))
            return cls(
                articles=int(found["articles"]),
                background=background,
                keys=found["keys"],
                counts=found["counts"],
                centre=Centre(str(found["model"]), usual, means),
                crowd=Crowd(rivals, undated),
                shift=shift,
            )


@lru_cache(maxsize=1 << 18)
def word_key(word: str) -> int:
    """32-bit key of a word, the same on every machine and in every run."""
    return zlib.crc32(word.encode())


@dataclass(frozen=True, slots=True)
class WordCounts:
    """How often words stand in documents, dampened as 1 + ln(times).

    `counts` has shape (documents, words); column i is the word of `keys[i]`, keys ascending.
    """

    counts: csr_matrix
    keys: NDArray[np.uint32]

    def __getitem__(self, rows: NDArray[np.int64]) -> "WordCounts":
        """The counts of some documents, over the same words."""
        return WordCounts(self.counts[rows], self.keys)

    @classmethod
    def of(cls, documents: Iterable[Iterable[str]]) -> Self:
        """Count the words of each document."""
        counts = [Counter(word_key(word) for word in document) for document in documents]
        starts = np.cumsum([0, *map(len, counts)])
        found = np.array([key for count in counts for key in count], dtype=np.uint32)
        times = np.array([n for count in counts for n in count.values()], dtype=np.float64)
        keys, at = np.unique(found, return_inverse=True)
        matrix = csr_matrix((1 + np.log(times), at, starts), shape=(len(counts), len(keys)))
        matrix.sort_indices()
        return cls(matrix, keys)

    def weighed(self, lexicon: "Lexicon") -> csr_matrix:
        """TF-IDF rows of unit length."""
        matrix = self.counts.copy()
        matrix.data = matrix.data * lexicon.weights(self.keys)[matrix.indices]
        return unit_rows(matrix)


def unit_rows(matrix: csr_matrix) -> csr_matrix:
    """Every row scaled to length 1; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scaled = matrix.copy()
    scaled.data = matrix.data / np.repeat(np.where(lengths > 0, lengths, 1), np.diff(matrix.indptr))
    return scaled


def rarest_keys(words: Iterable[str], lexicon: Lexicon, most: int) -> list[int]:
    """Keys of an article's rarest words, rarest first, for looking up who shares them."""
    keys = np.array(sorted({word_key(word) for word in words}), dtype=np.uint32)
    order = np.argsort(lexicon.frequencies(keys), kind="stable")
    return [int(key) for key in keys[order[:most]]]
