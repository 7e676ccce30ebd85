"""Parsing in worker processes, with time and memory limits per feed."""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar, cast

from service.errors import FeedError, ParseCrashError, ParseTimeoutError
from service.ingest.parsing.messages import (
    MAX_OUTCOME_BYTES,
    BadMessageError,
    decode_outcome,
    encode_job,
    read_message,
    write_message,
)
from service.ingest.parsing.worker import OUT_OF_MEMORY, READY, Job
from service.redaction import redact_url
from service.settings.ingest import ParseSettings

#: Starting normally takes a fraction of a second.
_START_SECONDS = 60.0
_START = "from service.ingest.parsing.worker import main; main()"
_ROOT = Path(__file__).parents[3]
#: Variables that a worker inherits. All others may be secrets, such as keys and passwords.
_INHERITED = frozenset(
    {
        *("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
        *("LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT"),
    }
)

T = TypeVar("T")


def parse_all(jobs: Sequence[Job[T]], settings: ParseSettings) -> list[T | FeedError]:
    """Run every job and return the outcomes in the order of the jobs.

    A feed that exceeds the time limit yields a ParseTimeoutError; one that crashes its process or
    exceeds the memory limit yields a ParseCrashError. The process is then replaced.
    """
    with ParserPool(settings) as pool:
        outcomes = [pool.submit(job) for job in jobs]
        return [outcome.result() for outcome in outcomes]


class ParserPool:
    """Worker processes, started when jobs wait for them and stopped at the end."""

    def __init__(self, settings: ParseSettings) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(settings.workers, thread_name_prefix="parse")
        self._of_thread = threading.local()
        self._parsers: list[Parser] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(cancel_futures=True)
        for parser in self._parsers:
            parser.close()

    def submit(self, job: Job[T]) -> Future[T | FeedError]:
        """Start a job when a process is free; its outcome is the result of the future."""
        return self._threads.submit(self._run, job)

    def _run(self, job: Job[T]) -> T | FeedError:
        if not hasattr(self._of_thread, "parser"):
            self._of_thread.parser = Parser(self._settings)
            self._parsers.append(self._of_thread.parser)
        parser: Parser = self._of_thread.parser
        return parser.run(job)


class Parser:
    """A worker process that is started on demand and replaced after a crash."""

    def __init__(self, settings: ParseSettings) -> None:
        self._settings = settings
        self._process: WorkerProcess | None = None

    def run(self, job: Job[T]) -> T | FeedError:
        """Run one job; return its outcome or the error."""
        used = self._process is not None
        outcome = self._attempt(job)
        if used and isinstance(outcome, ParseCrashError):
            # Earlier feeds may have exhausted the worker: retry in a new one.
            outcome = self._attempt(job)
        return outcome

    def close(self) -> None:
        """Stop the process."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def _attempt(self, job: Job[T]) -> T | FeedError:
        if self._process is None:
            self._process = WorkerProcess(self._settings.memory_mib, self._settings.plugins)
        outcome = self._process.run(job, self._settings.timeout_seconds)
        if isinstance(outcome, WorkerExit):
            self.close()
            return self._failure(job.url, outcome)
        return outcome

    def _failure(self, address: str, end: "WorkerExit") -> FeedError:
        url = redact_url(address)
        if end.invalid:
            return ParseCrashError(url, f"The parser process sent {end.invalid}")
        if end.timed_out:
            limit = f"Parsing exceeded {self._settings.timeout_seconds:g} s (parse.timeout_seconds)"
            return ParseTimeoutError(url, limit)
        if end.code == OUT_OF_MEMORY:
            limit = f"Parsing exceeded {self._settings.memory_mib} MiB of memory (parse.memory_mib)"
            return ParseCrashError(url, limit)
        return ParseCrashError(url, f"The parser process crashed (exit code {end.code})")


@dataclass(frozen=True, slots=True)
class WorkerExit:
    """The end of a worker process without a result."""

    code: int
    timed_out: bool = False
    invalid: str = ""  #: description of a message that is not an outcome


class WorkerProcess:
    """A running process of `service.ingest.parsing.worker`."""

    def __init__(self, memory_mib: int, plugins: Sequence[str] = ()) -> None:
        # A new interpreter, not a fork: it inherits no threads or connections and imports neither
        # the main module nor a language model.
        self._process = subprocess.Popen(  # noqa: S603 - fixed command
            [sys.executable, "-c", _START, str(memory_mib), *plugins],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            env={name: value for name, value in os.environ.items() if name in _INHERITED},
        )
        started = self._exchange(b"", _START_SECONDS)
        if started != READY:
            self.stop()
            raise RuntimeError(f"Parser process with {memory_mib} MiB did not start: {started!r}")

    def run(self, job: Job[T], timeout_seconds: float) -> T | FeedError | WorkerExit:
        """Return the outcome, or the end of the process; kill it after the time limit."""
        received = self._exchange(encode_job(job), timeout_seconds)
        if isinstance(received, WorkerExit):
            return received
        try:
            return cast("T | FeedError", decode_outcome(received, job.outcome_type))
        except BadMessageError as error:
            return WorkerExit(0, invalid=str(error))

    def stop(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            # Data for a dead process may be discarded.
            with suppress(BrokenPipeError):
                _require_pipe(stream).close()

    def _exchange(self, message: bytes, timeout_seconds: float) -> bytes | WorkerExit:
        timed_out = threading.Event()

        def expire() -> None:
            timed_out.set()
            self._process.kill()

        # Killing the process closes the pipes, which also ends a blocked read or write.
        timer = threading.Timer(timeout_seconds, expire)
        timer.start()
        try:
            if message:
                write_message(_require_pipe(self._process.stdin), message)
            stream = _require_pipe(self._process.stdout)
            return read_message(stream, max_bytes=MAX_OUTCOME_BYTES)
        except BadMessageError as error:
            return WorkerExit(0, invalid=str(error))
        except (EOFError, BrokenPipeError):
            return WorkerExit(self._process.wait(), timed_out.is_set())
        finally:
            timer.cancel()


def _require_pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("Worker process without pipes")
    return stream
