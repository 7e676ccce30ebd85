"""Asks a server over several connections at once, as a process of its own: `python -m tests.bench.load`.

A client that parsed answers would be slower than what it measures: this one sends what it was
given and counts the bytes that come back.
"""

import json
import selectors
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import cycle

#: What is read at once.
_ROOM = 1 << 18


@dataclass(frozen=True, slots=True)
class Wanted:
    """Requests to send in turn, over so many connections, for so long."""

    port: int
    paths: Sequence[str]
    connections: int
    seconds: float
    headers: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """Answers per second, and the time that half and 99 of a hundred took, in milliseconds."""

    per_second: float
    median_ms: float
    p99_ms: float
    answers: int
    bytes_each: float


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    sent_at: float = 0.0
    left: int = 0
    head: bytes = b""
    times: list[float] = field(default_factory=list)
    received: int = 0


def main() -> None:
    """Read what is wanted as JSON from standard input; write what was seen."""
    wanted = Wanted(**json.load(sys.stdin))
    sys.stdout.write(json.dumps(asdict(run(wanted))))


def run(wanted: Wanted) -> Seen:
    """Keep every connection busy until the time is over; each takes the next request in turn."""
    requests = cycle(
        [
            f"GET {path} HTTP/1.1\r\nHost: bench\r\n{wanted.headers}\r\n".encode()
            for path in wanted.paths
        ]
    )
    selector = selectors.DefaultSelector()
    opened = [_open(wanted.port, selector) for _ in range(wanted.connections)]
    room = bytearray(_ROOM)
    started = time.perf_counter()
    for each in opened:
        _send(each, next(requests))
    while time.perf_counter() - started < wanted.seconds:
        for key, _ in selector.select(1.0):
            if _is_whole(key.data, room, wanted.status):
                _send(key.data, next(requests))
    lasted = time.perf_counter() - started
    for each in opened:
        each.socket.close()
    return _summed(opened, lasted)


def _open(port: int, selector: selectors.BaseSelector) -> _Connection:
    opened = socket.create_connection(("127.0.0.1", port))
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made = _Connection(opened)
    selector.register(opened, selectors.EVENT_READ, made)
    return made


def _send(connection: _Connection, request: bytes) -> None:
    connection.sent_at = time.perf_counter()
    connection.socket.sendall(request)


def _is_whole(connection: _Connection, room: bytearray, status: int) -> bool:
    """Take what has come; whether the answer is complete."""
    count = connection.socket.recv_into(room)
    if not count:
        raise ConnectionError("the server closed a connection")
    connection.received += count
    if connection.left:
        connection.left -= count
    else:
        connection.head += bytes(room[:count])
        end = connection.head.find(b"\r\n\r\n")
        if end < 0:
            return False
        connection.left = _length(connection.head[:end], status) - (len(connection.head) - end - 4)
        connection.head = b""
    if connection.left:
        return False
    connection.times.append(time.perf_counter() - connection.sent_at)
    return True


def _length(head: bytes, status: int) -> int:
    """Bytes of the body; an answer of another status is an error of the bench."""
    if int(head[9:12]) != status:
        raise ValueError(head.decode("latin-1"))
    _, found, rest = head.lower().partition(b"content-length: ")
    return int(rest.partition(b"\r\n")[0]) if found else 0


def _summed(opened: Sequence[_Connection], lasted: float) -> Seen:
    times = sorted(seconds for each in opened for seconds in each.times)
    received = sum(each.received for each in opened)
    return Seen(
        per_second=len(times) / lasted,
        median_ms=_reached(times, 0.5),
        p99_ms=_reached(times, 0.99),
        answers=len(times),
        bytes_each=received / max(len(times), 1),
    )


def _reached(times: Sequence[float], share: float) -> float:
    """Milliseconds within which this share was answered; infinite where nothing was."""
    return times[int(len(times) * share)] * 1000 if times else float("inf")


if __name__ == "__main__":
    main()
