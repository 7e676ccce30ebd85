"""Parser processes: a fork server that has loaded the code, and its forks, one for each worker.

Loading the code and the model of the language detection takes a second of CPU time, so it is done
once per pool.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar, cast

from service.errors import FeedError, PluginError
from service.ingest.parsing import plugins
from service.ingest.parsing.processes.messages import (
    MAX_OUTCOME_BYTES,
    BadMessageError,
    decode_outcome,
    encode_job,
    read_message,
    write_message,
)
from service.ingest.parsing.processes.worker import FORK, NUMBER, PLUGIN, READY, Job, WorkerLimits

#: Starting normally takes about a second.
_START_SECONDS = 60.0
_START = "from service.ingest.parsing.processes.worker import main; main()"
_ROOT = Path(__file__).parents[4]
#: Variables that a worker inherits. All others may be secrets, such as keys and passwords.
_INHERITED = frozenset(
    {
        *("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
        *("LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT"),
    }
)
#: A process with threads cannot be forked safely, and one text needs no threads.
_SINGLE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

T = TypeVar("T")


class ForkServer:
    """A new interpreter that loads the code and then forks workers; started on demand.

    Not a fork of this process: workers inherit none of its threads, connections and secrets, and
    neither its main module nor its models.
    """

    def __init__(
        self, limits: WorkerLimits, plugins: Sequence[str] = (), *, loads_languages: bool
    ) -> None:
        self.limits = limits
        self._plugins = plugins
        self._loads_languages = loads_languages
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def fork(self) -> tuple[int, IO[bytes], IO[bytes]]:
        """Start a worker; return its process id and the streams of its jobs and outcomes.

        Raises:
            RuntimeError: the server does not start.
        """
        jobs, own_jobs = os.pipe()
        own_outcomes, outcomes = os.pipe()
        streams = os.fdopen(own_outcomes, "rb"), os.fdopen(own_jobs, "wb")
        try:
            with self._lock:
                was_running = self._control is not None
                pid = self._request(FORK, [jobs, outcomes])
                if pid is None and was_running:  # it had ended
                    pid = self._request(FORK, [jobs, outcomes])
        finally:
            os.close(jobs)
            os.close(outcomes)
        if pid is None:
            for stream in streams:
                stream.close()
            raise RuntimeError(f"Parser process with {self.limits.memory_mib} MiB did not start")
        return pid, streams[1], streams[0]

    def wait(self, pid: int) -> int:
        """Return the exit code of a worker that has ended."""
        with self._lock:
            code = self._request(pid, []) if self._control else None
        return -signal.SIGKILL if code is None else code

    def close(self) -> None:
        """Stop the server; its workers must have been stopped before."""
        if self._server and self._control:
            self._control.close()
            self._server.kill()
            self._server.wait()
        self._server = self._control = None

    def _request(self, message: int, descriptors: list[int]) -> int | None:
        """Send a message to the server and return its answer; None if the server has ended."""
        try:
            control = self._control or self._start()
            socket.send_fds(control, [NUMBER.pack(message)], descriptors)
            answer = control.recv(NUMBER.size)
        except OSError:  # also a timeout
            answer = b""
        if len(answer) < NUMBER.size:
            self.close()
            return None
        number: int = NUMBER.unpack(answer)[0]
        return number

    def _start(self) -> socket.socket:
        own, other = socket.socketpair()
        with other:
            numbers = [str(self.limits.memory_mib), str(self.limits.plugin_seconds)]
            model = "languages" if self._loads_languages else ""
            inherited = {name: os.environ[name] for name in _INHERITED & os.environ.keys()}
            self._server = subprocess.Popen(  # noqa: S603 - fixed command
                [sys.executable, "-c", _START, *numbers, model, *self._plugins],
                stdin=other.fileno(),
                cwd=_ROOT,
                env=inherited | _SINGLE_THREAD,
            )
        own.settimeout(_START_SECONDS)
        self._control = own
        return own


@dataclass(frozen=True, slots=True)
class WorkerExit:
    """The end of a worker process without a result."""

    code: int
    timed_out: bool = False
    invalid: str = ""  #: description of a message that is not an outcome
    plugin: str = ""  #: name of the plugin that was running


class WorkerProcess:
    """A running process of `service.ingest.parsing.processes.worker`.

    Raises:
        PluginError: a plugin ended the process while it was loaded.
        RuntimeError: the process does not start.
    """

    def __init__(self, server: ForkServer) -> None:
        self._server = server
        self._pid, self._jobs, self._outcomes = server.fork()
        started = self._exchange(b"", _START_SECONDS)
        if started != READY:
            self.stop()
            if isinstance(started, WorkerExit) and started.plugin:
                reason = f"the parser process ended while it was loaded (exit code {started.code})"
                raise PluginError(plugins.GROUP, started.plugin, reason)
            limit = f"{server.limits.memory_mib} MiB"
            raise RuntimeError(f"Parser process with {limit} did not start: {started!r}")

    def run(self, job: Job[T], timeout_seconds: float) -> T | FeedError | WorkerExit:
        """Return the outcome, or the end of the process; kill it after the time limit."""
        received = self._exchange(encode_job(job), timeout_seconds)
        if isinstance(received, WorkerExit):
            return received
        try:
            return cast("T | FeedError", decode_outcome(received, job.outcome_type))
        except BadMessageError as error:
            return WorkerExit(0, invalid=str(error))

    def stop(self) -> int:
        """Kill the process if it runs; return its exit code."""
        code = 0
        if self._pid:
            self._kill()
            pid, self._pid = self._pid, 0
            code = self._server.wait(pid)
        for stream in (self._jobs, self._outcomes):
            # Data for a dead process may be discarded.
            with suppress(BrokenPipeError):
                stream.close()
        return code

    def _kill(self) -> None:
        # The id stays that of the worker until the server waits for it. 0 would be all processes.
        if pid := self._pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _exchange(self, message: bytes, timeout_seconds: float) -> bytes | WorkerExit:
        """Send a message, if any; return the next message that does not name a plugin."""
        timed_out, plugin = threading.Event(), b""

        def expire() -> None:
            timed_out.set()
            self._kill()

        # Killing the process closes the pipes, which also ends a blocked read or write.
        timer = threading.Timer(timeout_seconds, expire)
        timer.start()
        try:
            if message:
                write_message(self._jobs, message)
            while (received := self._read()).startswith(PLUGIN):
                plugin = received.removeprefix(PLUGIN)
        except BadMessageError as error:
            return WorkerExit(0, invalid=str(error))
        except (EOFError, BrokenPipeError):
            timer.cancel()
            timer.join()  # it must not kill the next process with this id
            return WorkerExit(
                self.stop(), timed_out.is_set(), plugin=plugin.decode(errors="replace")
            )
        else:
            return received
        finally:
            timer.cancel()

    def _read(self) -> bytes:
        return read_message(self._outcomes, max_bytes=MAX_OUTCOME_BYTES)
