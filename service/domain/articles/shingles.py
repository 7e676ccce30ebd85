"""Shingles (runs of words) of texts, and candidate pairs by bottom-k MinHash (Broder 1997)."""

import html
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from service.domain.articles import tokenization
from service.domain.articles.model import Article, Rows

Keys = NDArray[np.uint32]

#: Weight of a quoted shingle: two outlets may quote the same person independently.
QUOTED_WEIGHT = 0.5

_MIN_SHARED_KEYS = 2  # a single shared shingle is too common
_MAX_EARLIER_PER_KEY = 16  # bounds the work for many identical texts
_ROWS_PER_STEP = 2000  # bounds the memory of the search for pairs
_QUOTATION = re.compile(r'["“„«]([^"“”„«»]{1,600})(?:["”»]|$)')


@dataclass(frozen=True, slots=True)
class Shingles:
    """The shingles of a text: sorted hash `keys`, whether each is `quoted`, the total `weight`."""

    keys: Keys
    quoted: NDArray[np.bool_]
    weight: float

    def __len__(self) -> int:
        return len(self.keys)

    def share_in(self, other: "Shingles") -> float:
        """Return the share of this text's weight that is also in the other, 0 to 1."""
        if not len(self) or not len(other):
            return 0.0
        at = np.minimum(np.searchsorted(other.keys, self.keys), len(other) - 1)
        return _weigh(self.quoted[other.keys[at] == self.keys]) / self.weight

    @classmethod
    def empty(cls) -> "Shingles":
        """Return the shingles of an empty text."""
        return cls(np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.bool_), 0.0)

    @classmethod
    def from_article(cls, article: Article, size: int) -> "Shingles":
        """Return all runs of `size` words within the title and within the text."""
        parts = (article.title[: tokenization.TITLE_CHARACTERS], article.text)
        runs = [run for part in parts for run in _hash_runs(part, size)]
        if not runs:
            return cls.empty()
        hashes = np.array([key for key, _ in runs], dtype=np.uint32)
        order = np.argsort(hashes, kind="stable")
        hashes, quoted = hashes[order], np.array([quoted for _, quoted in runs])[order]
        starts = np.flatnonzero(np.r_[True, hashes[1:] != hashes[:-1]])
        # A shingle counts as quoted only if it is quoted wherever it occurs.
        quoted = np.logical_and.reduceat(quoted, starts)
        return cls(hashes[starts], quoted, _weigh(quoted))


def _weigh(quoted: NDArray[np.bool_]) -> float:
    """Return the total weight of shingles."""
    return len(quoted) - (1 - QUOTED_WEIGHT) * int(quoted.sum())


def normalized_words(text: str) -> list[str]:
    """Return the words in order, with `U.S.` and `US` equal, and HTML references decoded."""
    return _words_without_dots(html.unescape(text))


def title_similarity(one: Sequence[str], other: Sequence[str]) -> float:
    """Return the Dice coefficient over the longest common subsequence of words, 0 to 1."""
    if not one or not other:
        return 0.0
    best = [0] * (len(other) + 1)
    for word in one:
        diagonal = 0
        for at, match in enumerate(other, start=1):
            above = best[at]
            best[at] = diagonal + 1 if word == match else max(above, best[at - 1])
            diagonal = above
    return 2 * best[-1] / (len(one) + len(other))


def shared_words(one: str, other: str, size: int) -> set[str]:
    """Return the words of all runs of `size` words that occur in both texts."""
    words = normalized_words(other)
    runs = {tuple(words[at : at + size]) for at in range(len(words) - size + 1)}
    own = normalized_words(one)
    shared = (tuple(own[at : at + size]) for at in range(len(own) - size + 1))
    return {word for run in shared if run in runs for word in run}


def candidate_rows(texts: Sequence[Shingles], signature_size: int) -> dict[int, list[int]]:
    """Map each row to the earlier rows that share several keys, both ascending.

    Compares the `signature_size` smallest keys of each text (bottom-k MinHash, Broder's MIN_s). A
    shorter text is compared with all its keys, so it is also matched within a longer text.
    """
    lengths = [min(len(text), signature_size) for text in texts]
    rows = np.repeat(np.arange(len(texts)), lengths)
    keys = np.concatenate([Shingles.empty().keys, *(text.keys[:signature_size] for text in texts)])
    pairs = _pairs_with_shared_keys(keys, rows, len(texts))
    earlier: dict[int, list[int]] = {}
    for pair in pairs.tolist():
        late, early = divmod(pair, len(texts))
        earlier.setdefault(late, []).append(early)
    return earlier


def _words_without_dots(text: str) -> list[str]:
    return [word.replace(".", "") for word in tokenization.words(text)]


def _hash_runs(text: str, size: int) -> Iterator[tuple[int, bool]]:
    """Yield the hash of each run of `size` words, and whether the whole run is quoted."""
    words: list[bytes] = []
    unquoted = [0]  # number of words outside of quotation marks before each word
    for at, part in enumerate(_QUOTATION.split(html.unescape(text))):
        part_words = [word.encode() for word in _words_without_dots(part)]
        outside = 1 - at % 2  # odd parts are inside quotation marks
        words.extend(part_words)
        unquoted.extend(unquoted[-1] + outside * place for place in range(1, len(part_words) + 1))
    joined = b" ".join(words)
    ends = list(accumulate(len(word) + 1 for word in words))
    for at in range(len(words) - size + 1):
        start = ends[at - 1] if at else 0
        run = joined[start : ends[at + size - 1] - 1]
        yield zlib.crc32(run), unquoted[at + size] == unquoted[at]


def _pairs_with_shared_keys(keys: Keys, rows: Rows, count: int) -> Rows:
    """Return pairs of rows with several shared keys, encoded as `late * count + early`, sorted.

    `rows` are ascending.
    """
    if not len(keys):
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    # Most keys occur once. Without them, the arrays below are small.
    repeats = keys[1:] == keys[:-1]
    repeated = np.r_[repeats, False] | np.r_[False, repeats]
    keys, rows = keys[repeated], rows[order[repeated]]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else rows
    first = np.repeat(starts, np.diff(np.r_[starts, len(keys)]))
    place = np.arange(len(keys)) - first
    found = [np.zeros(0, dtype=np.int64)]
    for start in range(0, count, _ROWS_PER_STEP):
        within = np.flatnonzero((rows >= start) & (rows < start + _ROWS_PER_STEP))
        pairs = [
            rows[later] * count + rows[first[later] + earlier]
            for earlier in range(_MAX_EARLIER_PER_KEY)
            if (later := within[place[within] > earlier]).size
        ]
        if pairs:
            unique, shared = np.unique(np.concatenate(pairs), return_counts=True)
            found.append(unique[shared >= _MIN_SHARED_KEYS])
    return np.concatenate(found)
