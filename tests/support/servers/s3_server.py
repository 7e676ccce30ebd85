"""Loopback server with the part of the S3 API that dumps use; objects are in memory."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

XML = '<?xml version="1.0" encoding="UTF-8"?>'
NO_KEY = f"{XML}<Error><Code>NoSuchKey</Code><Message>No such key</Message></Error>"


class S3Server(ThreadingHTTPServer):
    """Objects by `BUCKET/KEY`; while `refuses` is set, each write returns 403."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.refuses = False

    def target(self, path: str) -> str:
        """The target of a dump on this server."""
        return f"s3://{path}?scheme=http&endpoint_override=127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: S3Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # name of the base class
        """Write no log."""

    def do_HEAD(self) -> None:
        content = self.server.objects.get(self._key)
        is_bucket = "/" not in self._key.rstrip("/")
        self._reply(200 if is_bucket or content is not None else 404, content or b"")

    def do_GET(self) -> None:
        if "list-type" in self._query:
            self._reply(200, self._listing().encode())
            return
        content = self.server.objects.get(self._key)
        self._reply(
            404 if content is None else 200, NO_KEY.encode() if content is None else content
        )

    def do_PUT(self) -> None:
        body = self._body()
        if self.server.refuses:
            self._reply(403, f"{XML}<Error><Code>AccessDenied</Code></Error>".encode())
            return
        if "partNumber" in self._query:
            parts = self.server.parts.setdefault(self._key, {})
            parts[int(self._query["partNumber"][0])] = body
        else:
            self.server.objects[self._key] = body
        self._reply(200, b"")

    def do_POST(self) -> None:
        body = self._body().decode()
        if "delete" in self._query:
            bucket = self._key.partition("/")[0]
            for part in body.split("<Key>")[1:]:
                self.server.objects.pop(f"{bucket}/{part.partition('</Key>')[0]}", None)
            self._reply(200, f"{XML}<DeleteResult></DeleteResult>".encode())
        elif "uploads" in self._query:
            result = "<UploadId>1</UploadId>"
            self._reply(
                200,
                f"{XML}<InitiateMultipartUploadResult>{result}</InitiateMultipartUploadResult>".encode(),
            )
        else:
            parts = self.server.parts.pop(self._key, {})
            self.server.objects[self._key] = b"".join(parts[number] for number in sorted(parts))
            result = "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>"
            self._reply(200, f"{XML}{result}".encode())

    def do_DELETE(self) -> None:
        self.server.objects.pop(self._key, None)
        self._reply(204, b"")

    @property
    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix("/")

    @property
    def _query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query, keep_blank_values=True)

    def _body(self) -> bytes:
        """The body, without the chunks of HTTP and of the encoding `aws-chunked`."""
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = _join_chunks(self.rfile)
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_signed_in_chunks = "x-amz-decoded-content-length" in self.headers
        return _join_chunks(io.BytesIO(body)) if is_signed_in_chunks else body

    def _listing(self) -> str:
        bucket = self._key.partition("/")[0]
        prefix = self._query.get("prefix", [""])[0]
        delimiter = self._query.get("delimiter", [""])[0]
        keys = [key.partition("/")[2] for key in sorted(self.server.objects)]
        keys = [key for key in keys if key.startswith(prefix)]
        folders: dict[str, None] = {}
        contents = ""
        for key in keys:
            head, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            if found:
                folders[prefix + head + found] = None
            else:
                size = len(self.server.objects[f"{bucket}/{key}"])
                contents += f"<Contents><Key>{escape(key)}</Key><Size>{size}</Size></Contents>"
        common = "".join(
            f"<CommonPrefixes><Prefix>{escape(each)}</Prefix></CommonPrefixes>" for each in folders
        )
        count = len(keys)
        return (
            f"{XML}<ListBucketResult><Name>{bucket}</Name><KeyCount>{count}</KeyCount>"
            f"<IsTruncated>false</IsTruncated>{contents}{common}</ListBucketResult>"
        )

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        kind = "application/x-directory" if self._key.endswith("/") else "application/octet-stream"
        self.send_header("Content-Type", kind)
        self.send_header("ETag", '"e"')
        self.send_header("Last-Modified", "Thu, 11 May 2023 08:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _join_chunks(stream: io.BufferedIOBase) -> bytes:
    content = b""
    while size := int(stream.readline().partition(b";")[0].strip() or b"0", 16):
        content += stream.read(size)
        stream.readline()
    while stream.readline().strip():
        pass
    return content


@contextmanager
def serving_s3() -> Iterator[S3Server]:
    """Run the server inside the `with` block."""
    server = S3Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
