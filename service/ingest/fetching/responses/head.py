"""Repair of response heads that browsers accept and HTTP parsers reject."""

import re
from collections.abc import Iterator

#: 64 KiB of headers, and room for the status line.
MAX_HEAD_BYTES = 72 << 10
#: 500 headers of the origin, and those that a cache adds.
MAX_HEADERS = 512

_STATUS_LINE = re.compile(
    rb"(?:HTTP/(?P<version>\d(?:\.\d)?)|ICY)[ \t]+(?P<status>\d{3})(?!\d)(?P<reason>.*)",
    re.DOTALL | re.IGNORECASE,
)
_STATUS_PREFIXES = (b"HTTP/", b"ICY ")
_END = re.compile(rb"\n\r?\n")
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_NOT_PRINTABLE = re.compile(rb"[^\x20-\x7e]")
_CHUNK_SIZE_START = frozenset(b"0123456789abcdefABCDEF \t\r\n")
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"upgrade"})
_BODILESS = frozenset({204, 304})
_SWITCHING = 101
_OK = 200
_REDIRECTION, _CLIENT_ERROR = 300, 400
_MAX_LENGTH_DIGITS = 15

Header = tuple[bytes, bytes]


class HeadError(ValueError):
    """The head of a response cannot be repaired; the message is the reason."""


class NotHttpError(HeadError):
    """The response does not begin like one of HTTP."""


class HeadRepair:
    """Repairs the head of one response; the body passes unchanged.

    Malformed lines are dropped. Of several equal Content-Length headers one remains. If the
    response has both headers and a chunked body, Content-Length is ignored. If the body is not
    chunked, Transfer-Encoding is ignored. Bytes after the end of the body are dropped, and so is
    the body of a 204 or 304 response.
    """

    def __init__(self) -> None:
        self.surplus = False  #: whether bytes followed the end of the response
        self._received = bytearray()
        self._searched = 0
        self._head: bytes | None = None  #: waits for the first byte of a chunked body
        self._unframed_head = b""
        self._length: int | None = None  #: bytes of the body that are still to come, if known
        self._state = "head"

    def feed(self, data: bytes) -> bytes:
        """Return the bytes for the HTTP parser, possibly none yet.

        Raises:
            HeadError: the head is not HTTP, too large or contradictory.
        """
        if self._state == "body":
            return self._take_body(data)
        if self._state == "ignored":
            self.surplus = self.surplus or bool(data)
            return b""
        self._received += data
        while self._head is None and self._state == "head":
            if (head := self._take_head()) is None:
                return b""
            self._repair(head)
        return self._open_body()

    def flush(self) -> bytes:
        """Return a repaired head whose body never began, at the end of the connection."""
        head, self._head = self._head or b"", None
        return head

    def _take_head(self) -> bytes | None:
        """Remove the head from the received bytes; return None until it is complete."""
        if not self._searched:
            self._received = self._received.lstrip(b"\r\n")
        beginning = bytes(self._received[:5]).upper()
        if not any(each.startswith(beginning[: len(each)]) for each in _STATUS_PREFIXES):
            raise NotHttpError("The response is not HTTP")
        end = _END.search(self._received, max(self._searched - 2, 0))
        self._searched = len(self._received)
        if (end.start() if end else self._searched) > MAX_HEAD_BYTES:
            raise HeadError(f"The headers exceed {MAX_HEAD_BYTES >> 10} KiB")
        if end is None:
            return None
        head = bytes(self._received[: end.start()])
        del self._received[: end.end()]
        self._searched = 0
        return head

    def _repair(self, head: bytes) -> None:
        first, *lines = head.replace(b"\r\n", b"\n").split(b"\n")
        status, status_line = _repair_status_line(first)
        if status < _OK:  # informational; the final response follows
            if status == _SWITCHING:
                raise HeadError("The server switches to another protocol")
            return
        headers = list(_repair_headers(lines))
        if len(headers) > MAX_HEADERS:
            raise HeadError(f"The response has more than {MAX_HEADERS} headers")
        others = [header for header in headers if header[0].lower() not in _FRAMING]
        length = _find_content_length(headers)
        chunked = any(
            name.lower() == b"transfer-encoding" and b"chunked" in value.lower()
            for name, value in headers
        )
        if status in _BODILESS:
            self._state = "ignored"
            # A server that announces a body may send it later, into the next response.
            closing = [(b"Connection", b"close")] if length or chunked else []
            kept = [
                header for header in others if not closing or header[0].lower() != b"connection"
            ]
            self._head = _format_head(status_line, [*kept, *closing])
            return
        self._length = int(length) if length else None
        sized = [*others, (b"Content-Length", length)] if length else others
        framed = [*others, (b"Transfer-Encoding", b"chunked")] if chunked else sized
        self._head = _format_head(status_line, framed)
        is_redirect = _REDIRECTION <= status < _CLIENT_ERROR
        if chunked and not is_redirect:
            self._unframed_head = _format_head(status_line, sized)

    def _open_body(self) -> bytes:
        """Return the head and the bytes that follow it, once the framing of the body is known."""
        rest = bytes(self._received)
        if self._state == "ignored":
            self.surplus = bool(rest)
            self._received.clear()
            return self.flush()
        if self._unframed_head:
            if not rest:
                return b""
            if rest[0] not in _CHUNK_SIZE_START:
                self._head = self._unframed_head
        if self._head is not None and b"\r\nTransfer-Encoding: " in self._head:
            self._length = None
        self._state = "body"
        self._received.clear()
        return self.flush() + self._take_body(rest)

    def _take_body(self, data: bytes) -> bytes:
        if self._length is None:
            return data
        taken = data[: self._length]
        self._length -= len(taken)
        self.surplus = self.surplus or len(taken) < len(data)
        return taken


def _repair_status_line(line: bytes) -> tuple[int, bytes]:
    parts = _STATUS_LINE.fullmatch(line)
    if parts is None:
        raise HeadError(f"Invalid status line {line[:60].decode('latin-1')!r}")
    version = b"1.0" if parts["version"] in {b"1.0", b"0.9", None} else b"1.1"
    reason = _NOT_PRINTABLE.sub(b"", parts["reason"]).strip()
    return int(parts["status"]), b"HTTP/%s %s %s" % (version, parts["status"], reason)


def _repair_headers(lines: list[bytes]) -> Iterator[Header]:
    """Yield well-formed headers; folded lines are joined, malformed ones dropped."""
    unfolded: list[bytes] = []
    for line in lines:
        if line[:1] in {b" ", b"\t"} and unfolded:
            unfolded[-1] += b" " + line.strip()
        else:
            unfolded.append(line)
    for line in unfolded:
        name, separator, value = line.partition(b":")
        if separator and _TOKEN.fullmatch(name := name.strip()):
            yield name, _CONTROL.sub(b" ", value).strip()


def _find_content_length(headers: list[Header]) -> bytes | None:
    """Return the length that all Content-Length headers have; raise HeadError if they differ."""
    values = {
        part.strip().lstrip(b"0") or b"0"
        for name, value in headers
        if name.lower() == b"content-length"
        for part in value.split(b",")
        if part.strip().isdigit() and len(part.strip()) <= _MAX_LENGTH_DIGITS
    }
    if len(values) > 1:
        listed = " and ".join(sorted(value.decode() for value in values))
        raise HeadError(f"Contradictory Content-Length headers: {listed}")
    return values.pop() if values else None


def _format_head(status_line: bytes, headers: list[Header]) -> bytes:
    lines = [status_line, *(b"%s: %s" % header for header in headers)]
    return b"\r\n".join([*lines, b"", b""])
