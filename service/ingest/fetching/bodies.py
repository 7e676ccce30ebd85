"""Response bodies: streaming download and decompression with size limits."""

import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from service.errors import BrokenResponseError, DecompressionBombError, TooLargeError

_GZIP_MAGIC = b"\x1f\x8b"
_MAX_PART_BYTES = 1 << 18
_SIGNATURE_BYTES = 2
_DEFLATE_METHOD = 8
_GZIP, _ZLIB, _RAW = 31, 15, -15  # `wbits` of zlib.decompressobj() for the three formats


@dataclass(frozen=True, slots=True)
class Limits:
    """Maximum bytes of a body: compressed as received, and decompressed."""

    received: int
    unpacked: int


class BodyReader:
    """Collects one body; raises as soon as a limit is exceeded, which bounds the memory."""

    def __init__(self, url: str, coding: str, limits: Limits) -> None:
        """`coding` is the Content-Encoding.

        Raises:
            BrokenResponseError: the coding is unknown.
        """
        name = coding.strip().lower().removeprefix("x-")
        if name not in {"", "identity", "gzip", "deflate"}:
            raise BrokenResponseError(url, f"Unsupported Content-Encoding {name[:40]!r}")
        self.received = 0
        self._url = url
        self._coding = name
        self._limits = limits
        self._beginning = b""
        self._opened = False
        self._inflater: Inflater | None = None
        self._unpacked = bytearray()

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
        if not self._opened:
            piece = self._beginning = self._beginning + piece
            if len(piece) < _SIGNATURE_BYTES:
                return  # too few bytes to detect the compression
            self._inflater = _detect_inflater(self._beginning, self._coding)
            self._opened, self._beginning = True, b""
        if self._inflater is not None:
            self._inflate(self._inflater, piece)
            return
        self._unpacked += piece
        if len(self._unpacked) > self._limits.unpacked:
            raise TooLargeError(
                self._url, _format_excess("has", self._limits.unpacked, "fetch.max_body_bytes")
            )

    def finish(self) -> bytes:
        """Return the whole body; raise BrokenResponseError if compressed data is truncated."""
        if not self._opened:
            return self._beginning
        if self._inflater is not None and not self._inflater.complete:
            raise BrokenResponseError(self._url, "The compressed body is truncated")
        return bytes(self._unpacked)

    def _inflate(self, inflater: "Inflater", piece: bytes) -> None:
        try:
            for part in inflater.pieces(piece):
                self._unpacked += part
                if len(self._unpacked) > self._limits.unpacked:
                    raise DecompressionBombError(
                        self._url,
                        _format_excess(
                            "decompresses to", self._limits.unpacked, "fetch.max_body_bytes"
                        ),
                    )
        except zlib.error as error:
            raise BrokenResponseError(self._url, f"Invalid compressed body: {error}") from error


class Inflater:
    """Incremental decompression of gzip or deflate; concatenated gzip members form one body."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._stream = zlib.decompressobj(wbits)

    @property
    def complete(self) -> bool:
        """Whether the end of the compressed data was reached."""
        return self._stream.eof

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        """Yield decompressed parts of at most 256 KiB; raise zlib.error if the data is invalid."""
        more = True
        while packed or more:
            if packed and self._stream.eof:
                if not packed.startswith(_GZIP_MAGIC):
                    return  # padding after the last member
                self._stream = zlib.decompressobj(self._wbits)
            part = self._stream.decompress(packed, _MAX_PART_BYTES)
            yield part
            packed = self._stream.unconsumed_tail or self._stream.unused_data
            # After a full part, output may remain although all input is consumed.
            more = len(part) == _MAX_PART_BYTES


async def read_body(pieces: AsyncIterator[bytes], reader: BodyReader) -> bytes:
    """Pass all pieces to the reader and return the body."""
    async for piece in pieces:
        reader.add(piece)
    return reader.finish()


def _detect_inflater(beginning: bytes, coding: str) -> Inflater | None:
    """Detect the compression by the first bytes: the Content-Encoding is often wrong."""
    if beginning.startswith(_GZIP_MAGIC):
        return Inflater(_GZIP)
    if coding != "deflate" or beginning[:1] in b"<{":
        return None
    # Some servers send "deflate" in the zlib format, as the standard requires, others send it raw.
    method, check = beginning[0] & 0x0F, int.from_bytes(beginning[:2], "big") % 31
    wrapped = method == _DEFLATE_METHOD and check == 0
    return Inflater(_ZLIB if wrapped else _RAW)


def _format_excess(verb: str, limit: int, setting: str) -> str:
    size = f"{limit / 1_048_576:g} MiB"
    return f"The response {verb} more than {size}; if that is expected, raise {setting}"
