"""Parser process, started by `service.ingest.parsing.workers`.

Reads jobs from standard input and writes outcomes to standard output, each as a pickle preceded by
its length. It imports only the parser, so it starts fast, and it can be killed at any time. It
trusts its parent process.
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

#: Exit code if a feed exceeds the memory limit.
OUT_OF_MEMORY = 86
_LENGTH = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class ParseJob:
    """A body to parse, with its URL and Content-Type."""

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
    """Read one message; raise EOFError if the other side closed the stream."""
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        raise EOFError
    size = _LENGTH.unpack(header)[0]
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 - both ends use this module


def limit_memory(mebibytes: int) -> None:
    """Limit the address space of this process, on Linux only."""
    if sys.platform == "linux":
        import resource  # noqa: PLC0415 - not on every system

        resource.setrlimit(resource.RLIMIT_AS, (mebibytes << 20, mebibytes << 20))


def parse_job(job: ParseJob) -> ParsedFeed | FeedError:
    """Parse one job; return the feed or the error."""
    try:
        return parse_feed(job.body, url=job.url, content_type=job.content_type)
    except FeedError as error:
        return error


def serve(jobs: IO[bytes], outcomes: IO[bytes]) -> None:
    """Process jobs until the parent closes the stream."""
    write_message(outcomes, "ready")
    while True:
        try:
            job = read_message(jobs)
        except EOFError:
            return
        if not isinstance(job, ParseJob):
            raise TypeError(type(job))
        write_message(outcomes, parse_job(job))


def main() -> None:
    """Reserve standard input and output for messages, and process jobs."""
    limit_memory(int(sys.argv[1]))
    jobs, outcomes = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a print must not corrupt the messages
    try:
        serve(jobs, outcomes)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # no cleanup, which could need memory
