"""HTTP load generator, run as a process of its own: `python -m tests.bench.load`.

It sends prepared requests over several connections and counts the bytes of the responses. Parsing
them would take longer than the server needs.
"""

import json
import selectors
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import cycle

#: Size of the read buffer.
_BUFFER_SIZE = 1 << 18


@dataclass(frozen=True, slots=True)
class Load:
    """Paths to request in turn, number of connections, duration in seconds."""

    port: int
    paths: Sequence[str]
    connections: int
    seconds: float
    headers: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class LoadResult:
    """Responses per second, and median and 99th percentile of the latency in milliseconds."""

    per_second: float
    median_ms: float
    p99_ms: float
    responses: int
    bytes_each: float


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    sent_at: float = 0.0
    remaining: int = 0
    head: bytes = b""
    times: list[float] = field(default_factory=list)
    received: int = 0


def main() -> None:
    """Read a load as JSON from standard input; write its result to standard output."""
    load = Load(**json.load(sys.stdin))
    sys.stdout.write(json.dumps(asdict(run(load))))


def run(load: Load) -> LoadResult:
    """Keep all connections busy for the duration; each sends the next request in turn."""
    requests = cycle(
        [
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{load.headers}\r\n".encode()
            for path in load.paths
        ]
    )
    selector = selectors.DefaultSelector()
    connections = [_open(load.port, selector) for _ in range(load.connections)]
    buffer = bytearray(_BUFFER_SIZE)
    started = time.perf_counter()
    for each in connections:
        _send(each, next(requests))
    while time.perf_counter() - started < load.seconds:
        for key, _ in selector.select(1.0):
            if _receive(key.data, buffer, load.status):
                _send(key.data, next(requests))
    elapsed = time.perf_counter() - started
    for each in connections:
        each.socket.close()
    times = sorted(seconds for each in connections for seconds in each.times)
    received = sum(each.received for each in connections)
    return LoadResult(
        per_second=len(times) / elapsed,
        median_ms=_quantile(times, 0.5),
        p99_ms=_quantile(times, 0.99),
        responses=len(times),
        bytes_each=received / max(len(times), 1),
    )


def _open(port: int, selector: selectors.BaseSelector) -> _Connection:
    client = socket.create_connection(("127.0.0.1", port))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection = _Connection(client)
    selector.register(client, selectors.EVENT_READ, connection)
    return connection


def _send(connection: _Connection, request: bytes) -> None:
    connection.sent_at = time.perf_counter()
    connection.socket.sendall(request)


def _receive(connection: _Connection, buffer: bytearray, status: int) -> bool:
    """Receive available bytes; returns whether the response is complete."""
    count = connection.socket.recv_into(buffer)
    if not count:
        raise ConnectionError("the server closed a connection")
    connection.received += count
    if connection.remaining:
        connection.remaining -= count
    else:
        connection.head += bytes(buffer[:count])
        end = connection.head.find(b"\r\n\r\n")
        if end < 0:
            return False
        connection.remaining = _length(connection.head[:end], status) - (
            len(connection.head) - end - 4
        )
        connection.head = b""
    if connection.remaining:
        return False
    connection.times.append(time.perf_counter() - connection.sent_at)
    return True


def _length(head: bytes, status: int) -> int:
    """Return the length of the body; ValueError if the status is unexpected."""
    if int(head[9:12]) != status:
        raise ValueError(head.decode("latin-1"))
    _, separator, rest = head.lower().partition(b"content-length: ")
    return int(rest.partition(b"\r\n")[0]) if separator else 0


def _quantile(times: Sequence[float], share: float) -> float:
    """Return a quantile of sorted seconds in milliseconds; infinite if there are none."""
    return times[int(len(times) * share)] * 1000 if times else float("inf")


if __name__ == "__main__":
    main()
