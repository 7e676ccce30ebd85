"""CPU time and memory of this process, and CPU time, rows and log of a database server."""

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import Engine, text

from service.store.database.data.directory import process_id

Result = TypeVar("Result")
#: One thread: threads that wait for each other would also use CPU time.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_TICKS = os.sysconf("SC_CLK_TCK")
#: Fields of /proc/PID/stat after the name: user and system time of a process, then of its children.
_TIMES, _PARENT = slice(11, 15), 1


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds of this process with its children and of Postgres; rows and WAL bytes written."""

    own: float
    database: float
    rows: float
    wal: float

    @classmethod
    def read(cls, engine: Engine, folder: Path) -> Self:
        """Read the totals so far; `folder` is that of the embedded server.

        Closes the pooled connections first, because Postgres counts rows when a connection ends.
        """
        engine.dispose()
        with engine.connect() as connection:
            rows, wal = connection.execute(
                text(
                    "SELECT tup_inserted + tup_updated + tup_deleted,"
                    " pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"
                    " FROM pg_stat_database WHERE datname = current_database()"
                )
            ).one()
        engine.dispose()
        kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        used = [resource.getrusage(kind) for kind in kinds]
        own = sum(each.ru_utime + each.ru_stime for each in used)
        return cls(own, _tree_seconds(process_id(folder) or 0), float(rows), float(wal))

    def __sub__(self, other: Self) -> "Usage":
        return Usage(
            self.own - other.own,
            self.database - other.database,
            self.rows - other.rows,
            self.wal - other.wal,
        )

    def __truediv__(self, count: int) -> "Usage":
        return Usage(self.own / count, self.database / count, self.rows / count, self.wal / count)


def _tree_seconds(root: int) -> float:
    """Return the CPU seconds of a process, its running children and those that it waited for."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="latin-1").rpartition(") ")[2].split()
        except OSError:  # the process has ended
            continue
        if root in (int(path.parent.name), int(fields[_PARENT])):
            ticks += sum(map(int, fields[_TIMES]))
    return ticks / _TICKS


def peak_memory() -> int:
    """Return the peak memory of this process in bytes.

    `ru_maxrss` would include the memory of the process that started this one.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) << 10


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """Return the result, and the CPU seconds of all threads of this process."""
    started = time.process_time()
    result = work()
    return result, time.process_time() - started
