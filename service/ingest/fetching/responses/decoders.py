"""Incremental decoders of content codings; each yields small pieces, so that limits hold."""

import re
import sys
import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
#: First bytes of zlib streams at the usual levels of compression.
_ZLIB_MAGIC = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_TEXT_START = (b"<", b"{", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_WHITESPACE = b" \t\r\n"
_MAX_PART_BYTES = 1 << 18
_DEFLATE_METHOD = 8
_GZIP, _ZLIB, _RAW = 31, 15, -15  # `wbits` of zlib.decompressobj() for the three formats
_AWS_CHUNK = re.compile(rb"(?P<size>[0-9A-Fa-f]{1,8})(?:;[^\r\n]{0,1000})?\r\n")
_MAX_CHUNK_LINE = 1020

#: Exceptions of all decoders for invalid data.
DECODE_ERRORS = (zlib.error, brotli.error, zstd.ZstdError, ValueError)
_SIGNATURE_BYTES = 4


class Decoder(Protocol):
    """Removes one coding."""

    @property
    def complete(self) -> bool:
        """Whether the end of the coded data was reached."""

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        """Yield decoded parts of at most about 256 KiB; raise one of DECODE_ERRORS."""


class Inflater:
    """gzip or deflate; concatenated gzip members form one body."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._stream = zlib.decompressobj(wbits)

    @property
    def complete(self) -> bool:
        return self._stream.eof

    def pieces(self, packed: bytes) -> Iterator[bytes]:
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


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    @property
    def complete(self) -> bool:
        return bool(self._stream.is_finished())

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        while not self.complete:
            part = self._stream.process(packed, output_buffer_limit=_MAX_PART_BYTES)
            packed = b""
            if not part:
                return
            yield part


class _Zstd:
    """zstd; concatenated frames form one body."""

    def __init__(self) -> None:
        self._stream = zstd.ZstdDecompressor()

    @property
    def complete(self) -> bool:
        return self._stream.eof

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        more = True
        while packed or more:
            if self._stream.eof:
                if not packed.startswith(_ZSTD_MAGIC):
                    return
                self._stream = zstd.ZstdDecompressor()
            part = self._stream.decompress(packed, _MAX_PART_BYTES)
            yield part
            packed = self._stream.unused_data if self._stream.eof else b""
            more = not self._stream.eof and not self._stream.needs_input


class _AwsChunks:
    """The framing of uploads to S3, which some servers store and serve with the object."""

    def __init__(self) -> None:
        self.complete = False
        self._pending = b""
        self._missing = 0  #: bytes of the current chunk

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        self._pending += packed
        while self._pending and not self.complete:
            if self._missing:
                part, self._pending = (
                    self._pending[: self._missing],
                    self._pending[self._missing :],
                )
                self._missing -= len(part)
                yield part
                continue
            self._pending = self._pending.removeprefix(b"\r\n")
            line = _AWS_CHUNK.match(self._pending)
            if line is None:
                if len(self._pending) > _MAX_CHUNK_LINE:
                    raise ValueError("invalid chunk of the coding aws-chunked")
                return
            self._missing = int(line["size"], 16)
            self._pending = self._pending[line.end() :]
            self.complete = self._missing == 0


def has_signature(beginning: bytes, codings: list[str]) -> bool:
    """Whether enough bytes arrived to detect the outermost coding."""
    if "aws-chunked" in codings:
        return b"\n" in beginning or len(beginning) > _MAX_CHUNK_LINE
    return len(beginning) >= _SIGNATURE_BYTES


def is_text(beginning: bytes) -> bool:
    """Whether the first bytes can only begin an XML, HTML or JSON document."""
    text = beginning.lstrip(_WHITESPACE)
    return not text or text.startswith(_TEXT_START)


def detect_decoder(beginning: bytes, codings: list[str]) -> Decoder | None:
    """Return the decoder of the outermost coding, or None for a document.

    The first bytes decide, because the header is often wrong. `codings` lists the outermost coding
    last; the codings that this call has handled are removed from it.
    """
    if "aws-chunked" in codings:  # S3 lists it first, although it is the outermost
        codings.remove("aws-chunked")
        if _AWS_CHUNK.match(beginning):
            return _AwsChunks()
    for name, magic in (("gzip", _GZIP_MAGIC), ("zstd", _ZSTD_MAGIC)):
        if beginning.startswith(magic):
            if codings[-1:] == [name]:
                codings.pop()
            return Inflater(_GZIP) if name == "gzip" else _Zstd()
    if is_text(beginning):
        codings.clear()
    while codings:
        if (coding := codings.pop()) == "br":
            return _Brotli()
        if coding == "deflate":
            # Some servers send "deflate" in the zlib format, as the standard requires, others raw.
            return Inflater(_ZLIB if _is_zlib(beginning) else _RAW)
    return Inflater(_ZLIB) if beginning.startswith(_ZLIB_MAGIC) else None


def _is_zlib(beginning: bytes) -> bool:
    """Whether the first two bytes are a zlib header (RFC 1950, section 2.2)."""
    return beginning[0] & 0x0F == _DEFLATE_METHOD and not int.from_bytes(beginning[:2], "big") % 31
