"""The process that parses; `service.ingest.parsing.workers` starts it and calls `main`.

Reads jobs from standard input and writes outcomes to standard output, each a pickle behind its
length. It imports nothing but the parser, so that starting one is cheap, and it may be killed at
any moment. It trusts its parent; what it returns are plain values of this package.
"""

import os
import pickle
import struct
import sys
from dataclasses import dataclass
from typing import IO

from service.domain.articles.entries import ParsedFeed
from service.errors import FeedError
from service.ingest.parsing.parse import parse_feed

#: How the process ends when a feed needs more memory than it may have.
OUT_OF_MEMORY = 86
_LENGTH = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class ParseJob:
    """A body to parse, and what is known about it."""

    body: bytes
    url: str
    content_type: str = ""


def write_message(stream: IO[bytes], message: object) -> None:
    """Write one message and flush it."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def read_message(stream: IO[bytes]) -> object:
    """Read one message; EOFError if the other side is gone."""
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        raise EOFError
    size = _LENGTH.unpack(header)[0]
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 - both ends are this module's own


def limit_memory(mebibytes: int) -> None:
    """Bound this process's address space, where the system can do that."""
    if sys.platform == "linux":
        import resource  # noqa: PLC0415 - not on every system

        resource.setrlimit(resource.RLIMIT_AS, (mebibytes << 20, mebibytes << 20))


def outcome_of(job: ParseJob) -> ParsedFeed | FeedError:
    """The feed, or why there is none."""
    try:
        return parse_feed(job.body, url=job.url, content_type=job.content_type)
    except FeedError as error:
        return error


def serve(jobs: IO[bytes], outcomes: IO[bytes]) -> None:
    """Answer jobs until the parent closes the stream."""
    write_message(outcomes, "ready")
    while True:
        try:
            job = read_message(jobs)
        except EOFError:
            return
        if not isinstance(job, ParseJob):
            raise TypeError(type(job))
        write_message(outcomes, outcome_of(job))


def main() -> None:
    """Take the streams for messages alone and serve."""
    limit_memory(int(sys.argv[1]))
    jobs, outcomes = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print must not end up between messages
    try:
        serve(jobs, outcomes)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # no cleaning up: that might need memory
