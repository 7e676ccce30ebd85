"""Texts as runs of words, and which texts have runs in common, found by MinHash (Broder 1997)."""

import html
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.domain.articles import tokenization
from service.domain.articles.model import Article, Rows

Keys = NDArray[np.uint32]

#: What stands in quotation marks counts half: others may have it from the same mouth.
QUOTED = 0.5

_LEAST = 2  # runs in common; one is found everywhere
_HOLDERS = 16  # earlier texts remembered a run: many identical ones cost no more than few
_QUOTATION = re.compile(r'["“„«]([^"“”„«»]{1,600})(?:["”»]|$)')


@dataclass(frozen=True, slots=True)
class Shingles:
    """The runs of words of a text: `keys`, ascending, and what each weighs, `weight` in all."""

    keys: Keys
    weights: NDArray[np.float64]
    weight: float

    def __len__(self) -> int:
        return len(self.keys)

    def share_in(self, other: "Shingles") -> float:
        """The part of this text's weight that stands in the other, 0 to 1."""
        if not len(self) or not len(other):
            return 0.0
        at = np.minimum(np.searchsorted(other.keys, self.keys), len(other) - 1)
        return float(self.weights[other.keys[at] == self.keys].sum()) / self.weight

    @classmethod
    def none(cls) -> "Shingles":
        """Those of a text without any."""
        return cls(np.zeros(0, dtype=np.uint32), np.zeros(0), 0.0)

    @classmethod
    def of(cls, article: Article, size: int) -> "Shingles":
        """All runs of `size` words within the title and within the text."""
        runs: dict[int, bool] = {}
        for part in (article.title[: tokenization.TITLE_CHARACTERS], article.text):
            for key, quoted in _runs(part, size):
                runs[key] = quoted and runs.get(key, True)
        keys = np.fromiter(runs, dtype=np.uint32, count=len(runs))
        weights = np.array([QUOTED if quoted else 1.0 for quoted in runs.values()])
        order = np.argsort(keys)
        return cls(keys[order], weights[order], float(weights.sum()))


def written_words(written: str) -> list[str]:
    """Words in order, folded so that `U.S.` and `US`, `&eacute;` and `é` meet."""
    return _folded(html.unescape(written))


def headline_likeness(one: Sequence[str], other: Sequence[str]) -> float:
    """Words that two headlines share in the same order, 0 to 1 (Dice, longest common subsequence)."""
    if not one or not other:
        return 0.0
    return 2 * _common(one, other) / (len(one) + len(other))


def sharing(texts: Sequence[Shingles], sample: int) -> dict[int, list[int]]:
    """For each row, ascending, the earlier rows that share several runs, a few a run at most.

    Compared are the `sample` smallest keys of each text (Broder's MIN_s, "bottom-k"): of a text
    with fewer runs these are all, so that a short text is found in a longer one.
    """
    lengths = [min(len(found), sample) for found in texts]
    rows = np.repeat(np.arange(len(texts)), lengths)
    keys = np.concatenate([Shingles.none().keys, *(found.keys[:sample] for found in texts)])
    pairs = _meetings(keys, rows, len(texts))
    earlier: dict[int, list[int]] = {}
    for pair in pairs.tolist():
        late, early = divmod(pair, len(texts))
        earlier.setdefault(late, []).append(early)
    return earlier


def _folded(written: str) -> list[str]:
    return [word.replace(".", "") for word in tokenization.words(written)]


def _runs(written: str, size: int) -> Iterator[tuple[int, bool]]:
    """Key of each run of words, and whether all of it is quoted."""
    words: list[str] = []
    quoted: list[bool] = []
    for at, piece in enumerate(_QUOTATION.split(html.unescape(written))):
        found = _folded(piece)
        words.extend(found)
        quoted.extend([at % 2 == 1] * len(found))
    for at in range(len(words) - size + 1):
        run = " ".join(words[at : at + size])
        yield zlib.crc32(run.encode()), all(quoted[at : at + size])


def _meetings(keys: Keys, rows: Rows, count: int) -> Rows:
    """Pairs `late * count + early` of rows with several keys in common, ascending, each once."""
    order = np.lexsort((rows, keys))
    keys, rows = keys[order], rows[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else rows
    first = np.repeat(starts, np.diff(np.r_[starts, len(keys)]))
    place = np.arange(len(keys)) - first
    met = []
    for holder in range(_HOLDERS):
        later = place > holder
        pairs = rows[later] * count + rows[first[later] + holder]
        met.append(np.unique(pairs, return_counts=True))
    pairs, at = np.unique(np.concatenate([pairs for pairs, _ in met]), return_inverse=True)
    times = np.bincount(at, np.concatenate([times for _, times in met]), minlength=len(pairs))
    return pairs[times >= _LEAST]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    best = [0] * (len(other) + 1)
    for word in one:
        before = 0
        for at, match in enumerate(other, start=1):
            above = best[at]
            best[at] = before + 1 if word == match else max(above, best[at - 1])
            before = above
    return best[-1]
