"""Parser process and its fork server, started by `service.ingest.parsing.processes.fork_server`.

A worker reads jobs from one pipe and writes outcomes to another; `messages` has their format. It
can be killed at any time. It trusts its parent process, which does not trust it.
"""

import gc
import importlib
import os
import socket
import struct
import sys
import traceback
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, ClassVar, Generic, TypeVar

from service.domain.articles.entries import ParsedFeed
from service.errors import FeedError, InternalFeedError
from service.errors.redaction import redact_url
from service.ingest.parsing import plugins
from service.ingest.parsing.parse import parse_feed
from service.ingest.parsing.processes.messages import (
    decode_job,
    encode_outcome,
    read_message,
    write_message,
)

T_co = TypeVar("T_co", covariant=True)

#: Exit code if a feed exceeds the memory limit.
OUT_OF_MEMORY = 86
#: First message of a worker.
READY = b"ready"
#: Prefix of a message with the name of the running plugin; the name is empty if none runs.
PLUGIN = b"plugin:"
#: A message between the fork server and its parent, or its answer.
NUMBER = struct.Struct(">q")
#: The message that starts a worker; all others are ids of workers.
FORK = 0
#: Objects between two garbage collections. A parsed feed has many objects and few cycles.
_GC_THRESHOLD = 200_000


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """Memory of a worker, and time to load one plugin."""

    memory_mib: int
    plugin_seconds: float


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
    """Load the code and, on request, the model of the language detection; then fork workers.

    The arguments are the memory limit of a worker in MiB, the time to load one plugin in seconds,
    "languages" or an empty text, and the names of plugins. Each worker loads the plugins after the
    fork, because they may start threads.

    Standard input is a socket to the parent, which sends one number at a time: `FORK` with the
    descriptors of a worker's streams, or the id of a worker that has ended. The answer is the id
    of the worker, or its exit code.
    """
    os.dup2(2, 1)  # a print belongs to the log
    memory_mib, plugin_seconds, model, *names = sys.argv[1:]
    # Imported here, because it imports this module.
    importlib.import_module("service.ingest.admission_job")
    if model:
        importlib.import_module("service.ingest.detect_language").load_identifier()
    gc.set_threshold(_GC_THRESHOLD)
    gc.freeze()  # so that collections do not write to the memory that the workers share
    # ConnectionError: the parent was killed.
    with suppress(KeyboardInterrupt, ConnectionError), socket.socket(fileno=0) as control:
        _answer(control, WorkerLimits(int(memory_mib), float(plugin_seconds)), names)


def _answer(control: socket.socket, limits: WorkerLimits, names: Sequence[str]) -> None:
    """Answer the messages of the parent until it closes the socket."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, NUMBER.size, 2)
        if not message:
            return
        answer = pid = NUMBER.unpack(message)[0]
        if pid == FORK:
            answer = os.fork()
            if answer == 0:
                control.close()  # a worker must not control the others
                os._exit(_work(*descriptors, limits=limits, names=names))
            for descriptor in descriptors:
                os.close(descriptor)
        else:
            answer = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        control.sendall(NUMBER.pack(answer))


def _work(jobs: int, outcomes: int, *, limits: WorkerLimits, names: Sequence[str]) -> int:
    """Process jobs in a fork; return its exit code. No error may reach the code of the server."""
    try:
        limit_memory(limits.memory_mib)
        # Keep the descriptors open until the process exits. When one closes, the parent kills this
        # process, and its exit code is lost.
        output = os.fdopen(outcomes, "wb", closefd=False)
        plugins.use(
            names,
            max_seconds=limits.plugin_seconds,
            announce=lambda name: write_message(output, PLUGIN + name.encode()),
        )
        serve(os.fdopen(jobs, "rb", closefd=False), output)
    except MemoryError:
        return OUT_OF_MEMORY  # no cleanup, which could need memory
    except (KeyboardInterrupt, BrokenPipeError):
        return 1  # BrokenPipeError: the daemon was killed
    except BaseException:  # noqa: BLE001 - see above
        traceback.print_exc()
        return 1
    return 0
