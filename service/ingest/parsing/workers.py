"""Parse many bodies in worker processes: one that hangs or dies costs its own feed only."""

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

#: Starting takes a fraction of a second; only a machine on its knees needs this long.
_START_SECONDS = 60.0
_START = "from service.ingest.parsing.worker import main; main()"
_ROOT = Path(__file__).parents[3]


ParseOutcome = ParsedFeed | FeedError
OnParsed = Callable[[int, ParseOutcome], None]


def parse_all(
    jobs: Sequence[ParseJob], settings: ParseSettings, *, on_done: OnParsed | None = None
) -> list[ParseOutcome]:
    """Parse every job; outcomes in the order of the jobs.

    A feed that exceeds the time limit is a ParseTimeoutError, one that kills its process or needs
    too much memory a ParseCrashError; a new process takes over. `on_done` gets the job's index
    and outcome as they come, from several threads.
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
    """One worker process at a time, started when needed and replaced when it dies."""

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
        """The feed, or the FeedError that tells why there is none."""
        used = self._process is not None
        outcome = self._attempt(job)
        if used and isinstance(outcome, ParseCrashError):
            # The worker may have been worn out by the feeds before: judge in a fresh one.
            outcome = self._attempt(job)
        return outcome

    def _attempt(self, job: ParseJob) -> ParseOutcome:
        if self._process is None:
            self._process = WorkerProcess(self._settings.memory_mib)
        answer = self._process.ask(job, self._settings.timeout_seconds)
        if isinstance(answer, ParsedFeed | FeedError):
            return answer
        self._discard()
        return self._failure(job, answer)

    def _failure(self, job: ParseJob, end: "End") -> FeedError:
        url = strip_credentials(job.url)
        if end.timed_out:
            limit = f"parsing took more than {self._settings.timeout_seconds:g} s"
            return ParseTimeoutError(url, limit)
        if end.code == OUT_OF_MEMORY:
            limit = f"parsing needs more than {self._settings.memory_mib} MiB"
            return ParseCrashError(url, limit)
        return ParseCrashError(url, f"the parsing process died (exit code {end.code})")

    def _discard(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None


@dataclass(frozen=True, slots=True)
class WorkerExit:
    """How a worker process ended instead of answering."""

    code: int
    timed_out: bool


class WorkerProcess:
    """A running `service.ingest.parsing.worker`."""

    def __init__(self, memory_mib: int) -> None:
        # An interpreter of its own, not a fork: threads and open connections stay out, and
        # neither this program's main module nor a language model is imported.
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no outside words
            [sys.executable, "-c", _START, str(memory_mib)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
        )
        started = self._exchange(None, _START_SECONDS)
        if started != "ready":
            self.stop()
            raise RuntimeError(f"a parsing process with {memory_mib} MiB did not start: {started}")

    def ask(self, job: ParseJob, timeout_seconds: float) -> ParseOutcome | WorkerExit:
        """The outcome, or how the process ended; it is killed when the time is over."""
        answer = self._exchange(job, timeout_seconds)
        if not isinstance(answer, ParsedFeed | FeedError | WorkerExit):
            raise TypeError(type(answer))
        return answer

    def stop(self) -> None:
        """End the process, at once."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            # What was on its way to a dead process is lost, which is right.
            with suppress(BrokenPipeError):
                _open(stream).close()

    def _exchange(self, message: object, timeout_seconds: float) -> object:
        timed_out = threading.Event()

        def expire() -> None:
            timed_out.set()
            self._process.kill()

        # Killing closes the pipes, so it also ends a write or read that would wait for ever.
        timer = threading.Timer(timeout_seconds, expire)
        timer.start()
        try:
            if message is not None:
                write_message(_open(self._process.stdin), message)
            return read_message(_open(self._process.stdout))
        except (EOFError, BrokenPipeError):
            return WorkerExit(self._process.wait(), timed_out.is_set())
        finally:
            timer.cancel()


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("a worker process without pipes")
    return stream
