"""Subword tokenizer of multilingual-e5-small, run by sentencepiece.

sentencepiece needs 60 MB for the 250,000 pieces; `tokenizers` needs 225 MB and three times as long
per text, with the same tokens.
"""

import struct
from collections.abc import Iterator, Sequence

from sentencepiece import SentencePieceProcessor

from service.embed.models.packed_weights import SubwordVocabulary

# Numbers from sentencepiece_model.proto.
_VARINT, _FIXED32, _BYTES = 0, 5, 2
_UNIGRAM, _TYPE_UNKNOWN, _TYPE_CONTROL = 1, 2, 3


class SubwordTokenizer:
    """Splits texts that `SubwordVocabulary.character_map` normalised; see `encode`."""

    def __init__(self, vocabulary: SubwordVocabulary, most_tokens: int) -> None:
        self._processor = SentencePieceProcessor(model_proto=model_bytes(vocabulary))
        self._begin, self._end = vocabulary.begin, vocabulary.end
        self._most_pieces = most_tokens - 2

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text with its begin and end, at most `most_tokens`."""
        # sentencepiece splits at U+0020 only.
        pieces = self._processor.encode([" ".join(text.split()) for text in texts])
        return [[self._begin, *ids[: self._most_pieces], self._end] for ids in pieces]


def model_bytes(vocabulary: SubwordVocabulary) -> bytes:
    """A sentencepiece model (protobuf) of a vocabulary, which does not change characters."""
    special = {
        vocabulary.begin: _TYPE_CONTROL,
        vocabulary.end: _TYPE_CONTROL,
        vocabulary.padding: _TYPE_CONTROL,
        vocabulary.unknown: _TYPE_UNKNOWN,
    }
    pieces = []
    for row, (piece, score) in enumerate(vocabulary.pieces()):
        content = _bytes(1, piece) + _key(2, _FIXED32) + struct.pack("<f", score)
        if row in special:
            content += _number(3, special[row])
        pieces.append(_bytes(1, content))
    ids = (vocabulary.unknown, vocabulary.begin, vocabulary.end, vocabulary.padding)
    names = dict(enumerate(piece for piece, _ in vocabulary.pieces(max(ids) + 1)))
    trainer = _number(3, _UNIGRAM)
    trainer += b"".join(_number(40 + at, number) for at, number in enumerate(ids))
    trainer += b"".join(_bytes(45 + at, names[number]) for at, number in enumerate(ids))
    # A space before the text, single spaces, and spaces written as U+2581.
    normaliser = _bytes(1, b"identity") + _number(3, 1) + _number(4, 1) + _number(5, 1)
    return b"".join(pieces) + _bytes(2, trainer) + _bytes(3, normaliser)


def _bytes(field: int, content: bytes) -> bytes:
    return _key(field, _BYTES) + bytes(_varint(len(content))) + content


def _number(field: int, value: int) -> bytes:
    return _key(field, _VARINT) + bytes(_varint(value))


def _key(field: int, wire_type: int) -> bytes:
    return bytes(_varint(field << 3 | wire_type))


def _varint(value: int) -> Iterator[int]:
    """Seven bits per byte, lowest first; all bytes but the last have the high bit."""
    while value >> 7:
        yield value & 0x7F | 0x80
        value >>= 7
    yield value
