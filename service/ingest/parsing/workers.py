"""Parsing in worker processes, with time and memory limits per feed."""

import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from service.domain.articles.entries import ParsedFeed
from service.domain.text.urls import strip_credentials
from service.errors import FeedError, ParseCrashError, ParseTimeoutError
from service.ingest.parsing.worker import OUT_OF_MEMORY, ParseJob, read_message, write_message
from service.settings.ingest import ParseSettings

#: Starting normally takes a fraction of a second.
_START_SECONDS = 60.0
_START = "from service.ingest.parsing.worker import main; main()"
_ROOT = Path(__file__).parents[3]


ParseOutcome = ParsedFeed | FeedError
OnParsed = Callable[[int, ParseOutcome], None]


def parse_all(
    jobs: Sequence[ParseJob], settings: ParseSettings, *, on_done: OnParsed | None = None
) -> list[ParseOutcome]:
    """Parse every job and return the outcomes in the order of the jobs.

    A feed that exceeds the time limit yields a ParseTimeoutError; one that crashes its process or
    exceeds the memory limit yields a ParseCrashError. The process is then replaced. `on_done` is
    called with index and outcome of each finished job, from several threads.
    """
    outcomes: dict[int, ParseOutcome] = {}
    waiting: queue.SimpleQueue[tuple[int, ParseJob]] = queue.SimpleQueue()
    for numbered in enumerate(jobs):
        waiting.put(numbered)

    def work() -> None:
        with Parser(settings) as parser, suppress(queue.Empty):
            while True:
                index, job = waiting.get_nowait()
                outcomes[index] = parser.parse(job)
                if on_done:
                    on_done(index, outcomes[index])

    threads = min(settings.workers, len(jobs))
    with ThreadPoolExecutor(max(threads, 1), thread_name_prefix="parse") as pool:
        for done in [pool.submit(work) for _ in range(threads)]:
            done.result()
    return [outcomes[index] for index in range(len(jobs))]


class Parser:
    """A worker process that is started on demand and replaced after a crash."""

    def __init__(self, settings: ParseSettings) -> None:
        self._settings = settings
        self._process: WorkerProcess | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._discard()

    def parse(self, job: ParseJob) -> ParseOutcome:
        """Parse one job; return the feed or the error."""
        used = self._process is not None
        outcome = self._attempt(job)
        if used and isinstance(outcome, ParseCrashError):
            # Earlier feeds may have exhausted the worker: retry in a new one.
            outcome = self._attempt(job)
        return outcome

    def _attempt(self, job: ParseJob) -> ParseOutcome:
        if self._process is None:
            self._process = WorkerProcess(self._settings.memory_mib)
        outcome = self._process.parse(job, self._settings.timeout_seconds)
        if isinstance(outcome, ParsedFeed | FeedError):
            return outcome
        self._discard()
        return self._failure(job, outcome)

    def _failure(self, job: ParseJob, end: "WorkerExit") -> FeedError:
        url = strip_credentials(job.url)
        if end.timed_out:
            limit = f"Parsing exceeded {self._settings.timeout_seconds:g} s (parse.timeout_seconds)"
            return ParseTimeoutError(url, limit)
        if end.code == OUT_OF_MEMORY:
            limit = f"Parsing exceeded {self._settings.memory_mib} MiB of memory (parse.memory_mib)"
            return ParseCrashError(url, limit)
        return ParseCrashError(url, f"The parser process crashed (exit code {end.code})")

    def _discard(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None


@dataclass(frozen=True, slots=True)
class WorkerExit:
    """How a worker process ended without a result."""

    code: int
    timed_out: bool


class WorkerProcess:
    """A running process of `service.ingest.parsing.worker`."""

    def __init__(self, memory_mib: int) -> None:
        # A new interpreter, not a fork: it inherits no threads or connections and imports neither
        # the main module nor a language model.
        self._process = subprocess.Popen(  # noqa: S603 - fixed command
            [sys.executable, "-c", _START, str(memory_mib)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
        )
        started = self._exchange(None, _START_SECONDS)
        if started != "ready":
            self.stop()
            raise RuntimeError(f"Parser process with {memory_mib} MiB did not start: {started}")

    def parse(self, job: ParseJob, timeout_seconds: float) -> ParseOutcome | WorkerExit:
        """Return the outcome, or how the process ended; kill it after the time limit."""
        outcome = self._exchange(job, timeout_seconds)
        if not isinstance(outcome, ParsedFeed | FeedError | WorkerExit):
            raise TypeError(type(outcome))
        return outcome

    def stop(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            # Data for a dead process may be discarded.
            with suppress(BrokenPipeError):
                _require_pipe(stream).close()

    def _exchange(self, message: object, timeout_seconds: float) -> object:
        timed_out = threading.Event()

        def expire() -> None:
            timed_out.set()
            self._process.kill()

        # Killing the process closes the pipes, which also ends a blocked read or write.
        timer = threading.Timer(timeout_seconds, expire)
        timer.start()
        try:
            if message is not None:
                write_message(_require_pipe(self._process.stdin), message)
            return read_message(_require_pipe(self._process.stdout))
        except (EOFError, BrokenPipeError):
            return WorkerExit(self._process.wait(), timed_out.is_set())
        finally:
            timer.cancel()


def _require_pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("Worker process without pipes")
    return stream
