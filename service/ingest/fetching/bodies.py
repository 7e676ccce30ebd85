"""Bodies of answers, read and unpacked piece by piece, with a limit on either side."""

import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from service.errors import BrokenResponseError, DecompressionBombError, TooLargeError

_GZIP_MAGIC = b"\x1f\x8b"
_UNPACK_AT_ONCE = 1 << 18
_SIGNATURE_BYTES = 2
_DEFLATE_METHOD = 8
_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's codes for the three wrappings


@dataclass(frozen=True, slots=True)
class Limits:
    """Most bytes of a body: as received, and once unpacked."""

    received: int
    unpacked: int


class BodyReader:
    """Collects one body; raises as soon as a limit is passed, so no more is ever held."""

    def __init__(self, url: str, coding: str, limits: Limits) -> None:
        """`coding` is the Content-Encoding; BrokenResponseError if it is an unknown one."""
        self.received = 0
        self._url = url
        self._coding = _known_coding(url, coding)
        self._limits = limits
        self._beginning = b""
        self._opened = False
        self._inflater: Inflater | None = None
        self._unpacked = bytearray()

    def expect(self, size: int) -> None:
        """Know how much will come at least; TooLargeError if that is more than allowed."""
        if size > self._limits.received:
            raise TooLargeError(self._url, _over("sends", self._limits.received))

    def add(self, piece: bytes) -> None:
        """Take the next bytes as they came.

        Raises:
            TooLargeError: more was received or unpacked than allowed.
            BrokenResponseError: it is not packed as it says.
        """
        self.received += len(piece)
        self.expect(self.received)
        if not self._opened:
            piece = self._beginning = self._beginning + piece
            if len(piece) < _SIGNATURE_BYTES:
                return  # a slow server; how it is packed shows in the first bytes
            self._open()
        self._take(piece)

    def finish(self) -> bytes:
        """The whole body; BrokenResponseError if it was packed and ends too early."""
        if not self._opened:
            return self._beginning
        if self._inflater is not None and not self._inflater.complete:
            raise BrokenResponseError(self._url, "the packed body is cut off")
        return bytes(self._unpacked)

    def _open(self) -> None:
        self._inflater = _inflater_for(self._beginning, self._coding)
        self._opened, self._beginning = True, b""

    def _take(self, piece: bytes) -> None:
        if self._inflater is not None:
            self._inflate(self._inflater, piece)
            return
        self._unpacked += piece
        if len(self._unpacked) > self._limits.unpacked:
            raise TooLargeError(self._url, _over("sends", self._limits.unpacked))

    def _inflate(self, inflater: "Inflater", piece: bytes) -> None:
        try:
            for part in inflater.pieces(piece):
                self._unpacked += part
                if len(self._unpacked) > self._limits.unpacked:
                    raise DecompressionBombError(
                        self._url, _over("unpacks to", self._limits.unpacked)
                    )
        except zlib.error as error:
            raise BrokenResponseError(self._url, f"the packed body is broken: {error}") from error


class Inflater:
    """Unpacks gzip or deflate a little at a time; several gzip members in a row count as one."""

    def __init__(self, wrapping: int) -> None:
        self._wrapping = wrapping
        self._stream = zlib.decompressobj(wrapping)

    @property
    def complete(self) -> bool:
        """Whether the packed data has come to its end."""
        return self._stream.eof

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        """Unpacked bytes, at most a quarter of a megabyte at once; zlib.error if broken."""
        more = True
        while packed or more:
            if packed and self._stream.eof:
                if not packed.startswith(_GZIP_MAGIC):
                    return  # padding behind the last member
                self._stream = zlib.decompressobj(self._wrapping)
            part = self._stream.decompress(packed, _UNPACK_AT_ONCE)
            yield part
            packed = self._stream.unconsumed_tail or self._stream.unused_data
            # A full part may leave output behind although all input is consumed.
            more = len(part) == _UNPACK_AT_ONCE


async def read_body(pieces: AsyncIterator[bytes], reader: BodyReader) -> bytes:
    """Feed the reader with all pieces and return the body."""
    async for piece in pieces:
        reader.add(piece)
    return reader.finish()


def _known_coding(url: str, coding: str) -> str:
    name = coding.strip().lower().removeprefix("x-")
    if name in {"", "identity", "gzip", "deflate"}:
        return name
    raise BrokenResponseError(url, f"packed as {name[:40]!r}, which was not asked for")


def _inflater_for(beginning: bytes, coding: str) -> Inflater | None:
    """By the bytes first: servers send plain bodies labelled gzip, and gzip files unlabelled."""
    if beginning.startswith(_GZIP_MAGIC):
        return Inflater(_GZIP)
    if coding != "deflate" or beginning[:1] in b"<{":
        return None
    # Named "deflate", some send it with zlib's wrapping, as the standard says, some without.
    method, check = beginning[0] & 0x0F, int.from_bytes(beginning[:2], "big") % 31
    wrapped = method == _DEFLATE_METHOD and check == 0
    return Inflater(_ZLIB if wrapped else _RAW)


def _over(verb: str, limit: int) -> str:
    return f"{verb} more than {limit / 1_048_576:g} MiB; raise the limit if that is right"
