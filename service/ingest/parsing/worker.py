"""Parser process, started by `service.ingest.parsing.workers`.

Reads jobs from standard input and writes outcomes to standard output, each as a pickle preceded by
its length. It can be killed at any time. It trusts its parent process.
"""

import gc
import os
import pickle
import struct
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import IO, Generic, TypeVar

from service.domain.articles.entries import ParsedFeed
from service.domain.text.urls import strip_credentials
from service.errors import FeedError, InternalFeedError
from service.ingest.parsing.parse import parse_feed

T_co = TypeVar("T_co", covariant=True)

#: Exit code if a feed exceeds the memory limit.
OUT_OF_MEMORY = 86
_LENGTH = struct.Struct(">Q")
#: Objects between two garbage collections. A parsed feed has many objects and few cycles.
_GC_THRESHOLD = 200_000


@dataclass(frozen=True)
class Job(ABC, Generic[T_co]):
    """Work on a response: its body, its URL and its Content-Type."""

    body: bytes
    url: str
    content_type: str = ""

    @abstractmethod
    def run(self) -> T_co:
        """Return the outcome.

        Raises:
            FeedError: the body is not a readable feed.
        """


@dataclass(frozen=True)
class ParseJob(Job[ParsedFeed]):
    """A body to parse."""

    def run(self) -> ParsedFeed:
        """Parse the body."""
        return parse_feed(self.body, url=self.url, content_type=self.content_type)


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


def run_job(job: Job[T_co]) -> T_co | FeedError:
    """Run one job; return its outcome or the error."""
    try:
        return job.run()
    except FeedError as error:
        return error
    except MemoryError:
        raise  # the memory limit of this process
    except Exception as error:  # noqa: BLE001 - one feed never stops the others
        return InternalFeedError.from_exception(
            strip_credentials(job.url), "the feed was parsed", error
        )


def serve(jobs: IO[bytes], outcomes: IO[bytes]) -> None:
    """Process jobs until the parent closes the stream."""
    write_message(outcomes, "ready")
    while True:
        try:
            job = read_message(jobs)
        except EOFError:
            return
        if not isinstance(job, Job):
            raise TypeError(type(job))
        write_message(outcomes, run_job(job))


def main() -> None:
    """Reserve standard input and output for messages, and process jobs."""
    limit_memory(int(sys.argv[1]))
    gc.set_threshold(_GC_THRESHOLD)
    jobs, outcomes = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a print must not corrupt the messages
    try:
        serve(jobs, outcomes)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # no cleanup, which could need memory
