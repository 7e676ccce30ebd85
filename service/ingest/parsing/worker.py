"""Parser process, started by `service.ingest.parsing.workers`.

Reads jobs from standard input and writes outcomes to standard output; `messages` has their format.
It can be killed at any time. It trusts its parent process, which does not trust it.
"""

import gc
import os
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import IO, Any, ClassVar, Generic, TypeVar

from service.domain.articles.entries import ParsedFeed
from service.errors import FeedError, InternalFeedError
from service.ingest.parsing import plugins
from service.ingest.parsing.messages import (
    decode_job,
    encode_outcome,
    read_message,
    write_message,
)
from service.ingest.parsing.parse import parse_feed
from service.redaction import redact_url

T_co = TypeVar("T_co", covariant=True)

#: Exit code if a feed exceeds the memory limit.
OUT_OF_MEMORY = 86
#: First message of a worker.
READY = b"ready"
#: Objects between two garbage collections. A parsed feed has many objects and few cycles.
_GC_THRESHOLD = 200_000


@dataclass(frozen=True)
class Job(ABC, Generic[T_co]):
    """Work on a response: its body, its URL and its Content-Type."""

    outcome_type: ClassVar[Any]  #: type of the outcome, as `messages.decode_outcome` takes it

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

    outcome_type = ParsedFeed

    def run(self) -> ParsedFeed:
        """Parse the body."""
        return parse_feed(self.body, url=self.url, content_type=self.content_type)


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
        return InternalFeedError.from_exception(redact_url(job.url), "the feed was parsed", error)


def serve(jobs: IO[bytes], outcomes: IO[bytes]) -> None:
    """Process jobs until the parent closes the stream."""
    write_message(outcomes, READY)
    while True:
        try:
            job = decode_job(read_message(jobs, max_bytes=sys.maxsize))
        except EOFError:
            return
        if not isinstance(job, Job):
            raise TypeError(type(job))
        write_message(outcomes, encode_outcome(run_job(job)))


def main() -> None:
    """Reserve standard input and output for messages, and process jobs."""
    limit_memory(int(sys.argv[1]))
    plugins.use(sys.argv[2:])
    gc.set_threshold(_GC_THRESHOLD)
    jobs, outcomes = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a print must not corrupt the messages
    try:
        serve(jobs, outcomes)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # no cleanup, which could need memory
