"""HTTP protocol for request lines with unencoded characters, and problem details for bad requests.

The parser rejects other characters than ASCII before the application sees the request. Programs
such as curl send them as typed, and people search in Arabic and Russian.
"""

import json
import re
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_NOT_ASCII = re.compile(rb"[\x80-\xff]")
NOT_HTTP = (
    "Not a valid HTTP request: percent-encode spaces and control characters in the URL, and send valid "
    "headers"
)


class TolerantProtocol(H11Protocol):
    """Percent-encodes the bytes of a URL that are not ASCII, as browsers do."""

    def data_received(self, data: bytes) -> None:
        """Process bytes of the client."""
        is_head = self.conn.their_state is h11.IDLE
        if is_head and not data.isascii() and b"\n" not in self.conn.trailing_data[0]:
            data = encode_request_line(data)
        super().data_received(data)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # signature of the library
        """Send problem details and close the connection.

        `msg`, the text of the library, names no cause.
        """
        body = json.dumps(
            {
                "type": "urn:samestory:problem:invalid-request",
                "title": "Bad Request",
                "status": 400,
                "detail": NOT_HTTP,
                "instance": "",
                "request_id": "",
                "errors": [],
                "conflicts": [],
            }
        ).encode()
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ]
        events: list[Any] = [
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ]
        for event in events:
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def encode_request_line(data: bytes) -> bytes:
    """Percent-encode the bytes above 127 up to the end of the first line."""
    line, end, rest = data.partition(b"\n")
    return _NOT_ASCII.sub(lambda found: b"%%%02X" % found[0][0], line) + end + rest
