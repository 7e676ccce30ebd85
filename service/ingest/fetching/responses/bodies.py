"""Response bodies: streaming download and decoding with size limits."""

from collections.abc import Iterator
from dataclasses import dataclass

from service.errors import BrokenResponseError, DecompressionBombError, TooLargeError
from service.ingest.fetching.responses.decoders import (
    DECODE_ERRORS,
    Decoder,
    detect_decoder,
    has_signature,
    is_text,
)

_CODINGS = frozenset({"gzip", "deflate", "br", "zstd", "aws-chunked"})
#: Values that servers send for a body without coding.
_NO_CODING = frozenset(
    {"", "identity", "none", "null", "utf-8", "utf8", "binary", "8bit", "7bit", "plain", "text"}
)
_ALL_CODINGS = _CODINGS | _NO_CODING
_MAX_LAYERS = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """Maximum bytes of a body: compressed as received, and decompressed."""

    received: int
    unpacked: int


class BodyReader:
    """Collects one body; raises as soon as a limit is exceeded, which bounds the memory."""

    def __init__(self, url: str, coding: str, limits: Limits) -> None:
        """`coding` is the Content-Encoding, possibly a list of codings."""
        listed = [part.strip().lower() for part in coding.split(",")]
        names = [name.removeprefix("x-") for name in listed]
        self._unknown = [name for name in listed if name.removeprefix("x-") not in _ALL_CODINGS]
        self.received = 0
        self._url = url
        self._limits = limits
        self._layer = _Layer(
            [name for name in names if name in _CODINGS], limits.unpacked, _MAX_LAYERS
        )
        self._unpacked = bytearray()

    @property
    def is_complete(self) -> bool:
        """Whether the end of a compressed body was reached."""
        return self._layer.is_complete

    @property
    def unpacked(self) -> bytes:
        """The bytes that are decoded so far."""
        return bytes(self._unpacked)

    def expect(self, size: int) -> None:
        """Raise TooLargeError if a body of `size` bytes would exceed the limit."""
        if size > self._limits.received:
            raise TooLargeError(
                self._url,
                _format_excess("has", self._limits.received, "fetch.max_received_bytes"),
            )

    def add(self, piece: bytes) -> None:
        """Add the next received bytes.

        Raises:
            TooLargeError: the body exceeds a limit.
            BrokenResponseError: the compressed data is invalid.
        """
        self.received += len(piece)
        self.expect(self.received)
        self._collect(self._layer.pieces(piece))

    def finish(self) -> bytes:
        """Return the whole body.

        Raises:
            BrokenResponseError: compressed data is truncated, or the coding is unknown.
        """
        self._collect(self._layer.rest())
        if self._layer.is_truncated:
            raise BrokenResponseError(self._url, "The compressed body is truncated")
        if self._unknown and not is_text(bytes(self._unpacked[:100])):
            raise BrokenResponseError(
                self._url, f"Unsupported Content-Encoding {self._unknown[0][:40]!r}"
            )
        return bytes(self._unpacked)

    def _collect(self, pieces: Iterator[bytes]) -> None:
        try:
            for part in pieces:
                self._unpacked += part
        except _ExcessError as error:
            is_coded = self._layer.is_coded
            verb = "decompresses to" if is_coded else "has"
            kind = DecompressionBombError if is_coded else TooLargeError
            text = _format_excess(verb, self._limits.unpacked, "fetch.max_body_bytes")
            raise kind(self._url, text) from error
        except DECODE_ERRORS as error:
            raise BrokenResponseError(self._url, f"Invalid compressed body: {error}") from error


class _ExcessError(Exception):
    """A layer exceeds the limit."""


class _Layer:
    """One coding of a body and the codings within; some servers compress twice by mistake."""

    def __init__(self, codings: list[str], limit: int, depth: int) -> None:
        """`codings` are those that remain, the outermost last."""
        self._codings = codings
        self._remaining = limit
        self._depth = depth
        self._beginning: bytes | None = b""
        self._decoder: Decoder | None = None
        self._inner: _Layer | None = None

    @property
    def is_coded(self) -> bool:
        return self._decoder is not None

    @property
    def is_complete(self) -> bool:
        return self._decoder is not None and self._decoder.complete

    @property
    def is_truncated(self) -> bool:
        if self._decoder is None or self._inner is None:
            return False
        return not self._decoder.complete or self._inner.is_truncated

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Yield decoded parts of the next bytes."""
        if self._beginning is not None:
            data = self._beginning + data
            if not has_signature(data, self._codings):
                self._beginning = data
                return
            self._open(data)
        yield from self._decode(data)

    def rest(self) -> Iterator[bytes]:
        """Yield the remaining bytes at the end of the data."""
        if self._beginning:
            data = self._beginning
            self._open(data)
            yield from self._decode(data)
        if self._inner is not None:
            yield from self._inner.rest()

    def _open(self, beginning: bytes) -> None:
        self._beginning = None
        self._decoder = detect_decoder(beginning, self._codings)
        if self._decoder is None:
            return
        if not self._depth:
            raise ValueError(f"more than {_MAX_LAYERS} codings")
        self._inner = _Layer(self._codings, self._remaining, self._depth - 1)

    def _decode(self, data: bytes) -> Iterator[bytes]:
        parts = self._decoder.pieces(data) if self._decoder is not None else iter((data,))
        for part in parts:
            self._remaining -= len(part)
            # Codings inside of others may shrink again, so each layer is limited.
            if self._remaining < 0:
                raise _ExcessError
            if self._inner is None:
                yield part
            else:
                yield from self._inner.pieces(part)


def _format_excess(verb: str, limit: int, setting: str) -> str:
    size = f"{limit / 1_048_576:g} MiB"
    return f"The response {verb} more than {size}; if that is expected, raise {setting}"
