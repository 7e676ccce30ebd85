"""Reprints: which articles carry another one's text, found by MinHash (Broder 1997)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from datasketch import MinHash
from numpy.typing import NDArray

from service.domain import text
from service.domain.articles import Article, ArticleId, hours, id_key
from service.domain.lexicon import word_key

Shingles = frozenset[int]

_SEED = 1
_HOLDERS = 16  # earlier articles remembered a band: many identical ones cost no more than few


@dataclass(frozen=True, slots=True)
class CopySettings:
    """When a text reprints another."""

    share: float  #: of the shorter text's shingles that the longer one holds
    shingle: int  #: words per shingle
    permutations: int  #: numbers per signature
    bands: int  #: lookup keys per signature; more find copies that share less
    shortest: int  #: texts with fewer shingles are never copies


@dataclass(frozen=True, slots=True)
class Copy:
    """An article that reprints another one; `share` of the shorter stands in the longer, 0 to 1."""

    article: ArticleId
    original: ArticleId
    share: float


@dataclass(frozen=True, slots=True)
class Signature:
    """A text's MinHash, and the `bands` of it by which texts that may be alike are found."""

    minhash: NDArray[np.uint64]
    bands: tuple[int, ...]
    shingles: int

    def to_bytes(self) -> bytes:
        """Compact form for storage; `from_bytes` is its inverse."""
        head = np.array([self.shingles, len(self.bands)], dtype="<u4")
        return head.tobytes() + self.minhash.astype("<u4").tobytes()

    @classmethod
    def from_bytes(cls, stored: bytes) -> "Signature":
        """Read what `to_bytes` wrote."""
        numbers = np.frombuffer(stored, dtype="<u4")
        minhash = numbers[2:].astype(np.uint64)
        return cls(minhash, _bands(minhash, int(numbers[1])), int(numbers[0]))


def signature(article: Article, settings: CopySettings) -> Signature | None:
    """The signature of an article's text; None for one too short to tell copies by."""
    found = shingles(article, settings.shingle)
    if len(found) < settings.shortest:
        return None
    sketch = MinHash(num_perm=settings.permutations, seed=_SEED, hashfunc=int)
    sketch.update_batch(sorted(found))
    minhash = np.asarray(sketch.hashvalues, dtype=np.uint64)
    return Signature(minhash, _bands(minhash, settings.bands), len(found))


def shingles(article: Article, size: int) -> Shingles:
    """Keys of all runs of `size` words in the text, or in the title where there is no text.

    Titles beside a text don't count: outlets that write for themselves often choose the same one.
    """
    words = list(text.words(article.text or article.title))
    runs = (" ".join(words[at : at + size]) for at in range(len(words) - size + 1))
    return frozenset(word_key(run) for run in runs)


def exact_share(one: Shingles, other: Shingles) -> float:
    """The part of the smaller text that stands in the larger, 0 to 1."""
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


def copies(articles: Sequence[Article], settings: CopySettings) -> list[Copy]:
    """The copies among some articles, each with its original, sorted by id.

    Articles are taken agencies first, then by date: each is a copy of the first original whose
    text it shares, or else an original itself. So no original is a copy.
    """
    ranked = sorted(articles, key=precedence)
    alike = _alike(signature(article, settings) for article in ranked)
    texts: dict[int, Shingles] = {}
    found: dict[int, Copy] = {}
    for late, earlier in alike.items():
        for row in (late, *earlier):
            if row not in texts:
                texts[row] = shingles(ranked[row], settings.shingle)
        for early in earlier:
            share = exact_share(texts[late], texts[early])
            if early not in found and share >= settings.share:
                found[late] = Copy(ranked[late].id, ranked[early].id, round(share, 4))
                break
    return sorted(found.values(), key=lambda copy: id_key(copy.article))


def precedence(article: Article) -> tuple[bool, float, tuple[bool, ArticleId]]:
    """Sort key that puts likely originals first: agencies, then the earliest, undated last."""
    hour = hours(article.published)
    return not article.agency, float("inf") if np.isnan(hour) else hour, id_key(article.id)


def _alike(prints: Iterable[Signature | None]) -> dict[int, list[int]]:
    """For each row, ascending, the earlier rows that share a band, a few a band at most."""
    holders: dict[int, list[int]] = defaultdict(list)
    alike: dict[int, list[int]] = {}
    for row, sketch in enumerate(prints):
        bands = sketch.bands if sketch else ()
        if earlier := sorted({other for band in bands for other in holders[band]}):
            alike[row] = earlier
        for band in bands:
            if len(holders[band]) < _HOLDERS:
                holders[band].append(row)
    return alike


def _bands(minhash: NDArray[np.uint64], count: int) -> tuple[int, ...]:
    """One signed 64-bit key for each run of len(minhash) // count numbers."""
    runs = minhash[: len(minhash) // count * count].astype("<u4").reshape(count, -1)
    return tuple(
        int.from_bytes(
            blake2b(bytes([at]) + run.tobytes(), digest_size=8).digest(), "big", signed=True
        )
        for at, run in enumerate(runs)
    )
