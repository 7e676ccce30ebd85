"""Parsing in worker processes, with time and memory limits per feed."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from service.errors import FeedError, ParseCrashError, ParseTimeoutError, PluginError
from service.errors.redaction import redact_url
from service.ingest.parsing import plugins
from service.ingest.parsing.processes.fork_server import ForkServer, WorkerExit, WorkerProcess
from service.ingest.parsing.processes.worker import OUT_OF_MEMORY, Job, WorkerLimits
from service.settings.sections.ingest import ParseSettings

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
    """Worker processes, started when jobs wait for them and stopped at the end.

    If the jobs detect languages (`loads_languages`), the model of the language detection is loaded
    once for all.
    """

    def __init__(self, settings: ParseSettings, *, loads_languages: bool = False) -> None:
        self._settings = settings
        self._server = ForkServer(
            WorkerLimits(settings.memory_mib, settings.timeout_seconds),
            settings.plugins,
            loads_languages=loads_languages,
        )
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
        self._server.close()

    def submit(self, job: Job[T]) -> Future[T | FeedError]:
        """Start a job when a process is free; its outcome is the result of the future."""
        return self._threads.submit(self._run, job)

    def _run(self, job: Job[T]) -> T | FeedError:
        if not hasattr(self._of_thread, "parser"):
            self._of_thread.parser = Parser(self._settings, self._server)
            self._parsers.append(self._of_thread.parser)
        parser: Parser = self._of_thread.parser
        return parser.run(job)


class Parser:
    """A worker process that is started on demand and replaced after a crash."""

    def __init__(self, settings: ParseSettings, server: ForkServer) -> None:
        self._settings = settings
        self._server = server
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
            self._process = WorkerProcess(self._server)
        outcome = self._process.run(job, self._settings.timeout_seconds)
        if isinstance(outcome, WorkerExit):
            self.close()
            return self._failure(job.url, outcome)
        return outcome

    def _failure(self, address: str, end: WorkerExit) -> FeedError:
        url = redact_url(address)
        if end.invalid:
            return ParseCrashError(url, f"The parser process sent {end.invalid}")
        if end.timed_out:
            limit = f"exceeded {self._settings.timeout_seconds:g} s (parse.timeout_seconds)"
            return ParseTimeoutError(url, _blame(end.plugin, limit))
        if end.code == OUT_OF_MEMORY:
            limit = f"exceeded {self._settings.memory_mib} MiB of memory (parse.memory_mib)"
            return ParseCrashError(url, _blame(end.plugin, limit))
        crash = f"crashed the parser process (exit code {end.code})"
        return ParseCrashError(url, _blame(end.plugin, crash))


def _blame(plugin: str, reason: str) -> str:
    """Return an error message with the name of the plugin that ran, if any."""
    return str(PluginError(plugins.GROUP, plugin, reason)) if plugin else f"Parsing {reason}"
