"""Server of the benchmark's feeds, a process of its own: `python -m tests.bench.feed_host FOLDER`.

Serves the files of a folder with ETag and 304 over persistent connections; prints its port.
"""

import asyncio
import hashlib
import sys
from pathlib import Path


def load_responses(folder: Path) -> dict[str, tuple[bytes, bytes]]:
    """Return ETag and complete response by request path."""
    responses = {}
    for path in sorted(folder.iterdir()):
        body = path.read_bytes()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'.encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nETag: %b\r\nContent-Length: %d"
        responses[f"/{path.name}"] = etag, head % (etag, len(body)) + b"\r\n\r\n" + body
    return responses


async def serve(folder: Path) -> None:
    """Serve until the process is stopped."""
    responses = load_responses(folder)

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                etag, response = responses[head.split(b" ", 2)[1].decode()]
                unchanged = b"if-none-match: " + etag.lower() in head.lower()
                writer.write(
                    b"HTTP/1.1 304 Not Modified\r\nETag: %b\r\n\r\n" % etag
                    if unchanged
                    else response
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(respond, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
