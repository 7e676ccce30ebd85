"""Samples of the daemon during the soak: memory, open files, connections."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import psycopg

from tests.bench.service.parts import Daemon, Database

#: Seconds between two samples.
INTERVAL = 5.0
#: Seconds after the start of a process that do not count for the slope: the model is loaded.
WARM_UP = 90.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample; the process is the daemon without its parser processes."""

    at: float
    process: int
    memory: int  #: resident, MiB
    files: int
    connections: int | None  #: None while the database does not respond


class Sampler:
    """Takes samples in a thread and keeps the parts running. Use as a context manager."""

    def __init__(self, daemon: Daemon, database: Database) -> None:
        self.samples: list[Sample] = []
        self._daemon, self._database = daemon, database
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(INTERVAL):
            process = self._daemon.process
            if process is None:
                continue
            try:
                status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
                files = _count_open_files(process.pid)
            except OSError:  # it was killed
                continue
            if "VmRSS" in status:
                memory = int(status.split("VmRSS:")[1].split()[0]) >> 10
                sample = Sample(time.time(), process.pid, memory, files, self._connections())
                self.samples.append(sample)

    def _connections(self) -> int | None:
        query = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        try:
            with self._database.connect() as connection:
                [found] = connection.execute(query).fetchall()
        except psycopg.Error:
            return None
        return int(str(found[0])) - 1


def _count_open_files(process: int) -> int:
    """Return the number of open files; 0 if the user may not see it, which needs root."""
    try:
        return len(list(Path(f"/proc/{process}/fd").iterdir()))
    except PermissionError:
        return 0


def memory_slope(samples: Sequence[Sample]) -> tuple[float, float]:
    """Return MiB per minute and the minutes of the process with the longest life after warm-up."""
    best = (0.0, 0.0)
    for process in {each.process for each in samples}:
        own = [each for each in samples if each.process == process]
        settled = [each for each in own if each.at - own[0].at >= WARM_UP]
        minutes = (settled[-1].at - settled[0].at) / 60 if len(settled) > 2 else 0.0
        if minutes > best[1]:
            times = [(each.at - settled[0].at) / 60 for each in settled]
            slope = np.polyfit(times, [each.memory for each in settled], 1)[0]
            best = (float(slope), minutes)
    return best


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until a condition holds; False if it does not within the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return True
        except psycopg.Error:
            pass  # the database recovers
        time.sleep(1)
    return False
