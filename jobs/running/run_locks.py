"""Locks of the jobs of one process, and their heartbeat.

All locks belong to one connection. A thread records a heartbeat of each run on it. If that fails,
the locks are lost: the runs must stop, and their transactions can no longer be committed.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from service.errors import LockLostError
from service.settings.sections.daemon import RunSettings
from service.store.database import locks
from service.store.database.connections.connection import GRACE
from service.store.database.connections.engines import derived_engine, state_of
from service.store.database.connections.limits import ConnectionLimits
from service.store.database.fence import Fence
from service.store.runs import heartbeats, maintenance
from service.telemetry.outages import Outages

log = structlog.get_logger()

#: Seconds for which `/readyz` reports lost locks, unless they are acquired again.
LOST_SECONDS = 120.0
FOREVER = float("inf")
#: Longest heartbeat in seconds, with all timeouts of connections.
BEAT_TIMEOUT = 60.0


@dataclass(slots=True)
class HeldLock:
    """Lock of a running job."""

    job: str
    max_seconds: float
    ends_at: float  #: on the monotonic clock
    run_id: int | None = None
    lost: str = ""  #: why the lock was lost
    is_paused: bool = False  #: the service is in maintenance mode
    is_ending: bool = False  #: the end of the run may be recorded already

    @property
    def must_stop(self) -> bool:
        """Whether the run lost its lock, has reached its maximum duration, or must pause."""
        return bool(self.lost) or self.is_paused or time.monotonic() > self.ends_at

    @property
    def fence(self) -> Fence:
        """Condition of the transactions of the run."""
        return Fence(self.run_id, lambda: self.lost)

    @property
    def problem_kind(self) -> str:
        """Key of the problem that `/readyz` shows if the run does not stop."""
        return f"run {self.run_id}"

    def raise_if_lost(self) -> None:
        """Raise LockLostError if the lock was lost."""
        if self.lost:
            raise LockLostError(self.lost)


class RunLocks:
    """Locks of the running jobs of one process; thread-safe."""

    def __init__(
        self, engine: Engine, settings: RunSettings, on_stalled: Callable[[Sequence[str]], object]
    ) -> None:
        """`engine` has the limits of locks; `on_stalled` gets the stalled jobs of all processes."""
        self.outages = Outages()
        self._engine = engine
        self._settings = settings
        self._on_stalled = on_stalled
        self._state = state_of(engine)
        self._mutex = threading.Lock()
        self._connection: Connection | None = None
        self._held: dict[str, HeldLock] = {}
        self._closed = threading.Event()
        self._last_beat = time.monotonic()

    @contextmanager
    def hold(self, job: str, max_seconds: float) -> Iterator[HeldLock | None]:
        """Acquire the lock of a job; yields None if another run has it.

        The lock of a run without heartbeats is taken over.

        Raises:
            SQLAlchemyError: the database is unavailable.
        """
        held = HeldLock(job, max_seconds, time.monotonic() + max_seconds)
        if not self._acquire(held):
            yield None
            return
        try:
            yield held
        finally:
            self._release(held)

    def beat_until_closed(self) -> None:
        """Record heartbeats until `close`; the loop of the heartbeat thread."""
        while not self._closed.wait(self._settings.heartbeat_seconds):
            if stalled := self._beat():
                self._on_stalled(stalled)
            self._last_beat = time.monotonic()

    def is_alive(self) -> bool:
        """Whether the heartbeat thread works; also True while the database does not respond."""
        return time.monotonic() - self._last_beat < BEAT_TIMEOUT + self._settings.heartbeat_seconds

    def close(self) -> None:
        """End the heartbeats, and release the locks with their connection."""
        self._closed.set()
        with self._mutex:
            self._disconnect()

    def _acquire(self, held: HeldLock) -> bool:
        with self._mutex:
            if held.job in self._held:
                return False
            try:
                connection, name = self._connect(), lock_name(held.job)
                acquired = locks.try_lock(connection, name)
                if not acquired and held.job in self._find_stalled(connection):
                    log.warning("job taken over", action="job_taken_over", job=held.job)
                    acquired = locks.take_lock(connection, name)
            except SQLAlchemyError as error:
                self._lose(error)
                raise
            if acquired:
                self._held[held.job] = held
            return acquired

    def _release(self, held: HeldLock) -> None:
        with self._mutex:
            self._state.clear(held.problem_kind)
            if self._held.get(held.job) is not held:
                return  # lost before
            del self._held[held.job]
            if self._connection is not None:
                try:
                    locks.unlock(self._connection, lock_name(held.job))
                except SQLAlchemyError as error:
                    self._lose(error)

    def _beat(self) -> Sequence[str]:
        """Record a heartbeat; returns the stalled jobs of other processes."""
        with self._mutex:
            if self._closed.is_set():
                return ()
            try:
                connection = self._connect()
                self._end_overdue(connection)
                current = {held.run_id: held for held in self._held.values() if held.run_id}
                alive = heartbeats.beat(connection, [run for run in current if run])
                for held in [current[run_id] for run_id in current.keys() - alive]:
                    if not held.is_ending:
                        self._revoke(connection, held, "another process took over")
                if maintenance.find(connection):
                    for held in self._held.values():
                        held.is_paused = True
                return self._find_stalled(connection)
            except SQLAlchemyError as error:
                self._lose(error)
                return ()

    def _end_overdue(self, connection: Connection) -> None:
        """Take the locks of runs that have not stopped `stop_grace_seconds` after their maximum."""
        latest = time.monotonic() - self._settings.stop_grace_seconds
        for held in [each for each in self._held.values() if each.ends_at < latest]:
            reason = f"it did not stop after {held.max_seconds:g} s (run_limits.{held.job})"
            if held.run_id is not None:
                heartbeats.fail(connection, held.run_id, reason)
            self._revoke(connection, held, reason)

    def _revoke(self, connection: Connection, held: HeldLock, reason: str) -> None:
        held.lost = reason
        del self._held[held.job]
        locks.unlock(connection, lock_name(held.job))
        # Until the thread of the run ends, which removes this problem.
        problem = f"Job {held.job} is stuck: {reason}"
        self._state.report(held.problem_kind, problem, seconds=FOREVER)
        log.error("lock lost", action="lock_lost", job=held.job, reason=reason)

    def _find_stalled(self, connection: Connection) -> Sequence[str]:
        return heartbeats.find_stalled(
            connection, timedelta(seconds=self._settings.takeover_seconds)
        )

    def _connect(self) -> Connection:
        if self._connection is None:
            options = {"isolation_level": "AUTOCOMMIT"}
            self._connection = self._engine.connect().execution_options(**options)
            self._state.clear("locks")
        return self._connection

    def _lose(self, error: SQLAlchemyError) -> None:
        """Record that all locks are lost, and end the statements of their runs."""
        self._disconnect()
        if not self._held:
            return
        lost, self._held = self._held, {}
        reason = "its connection to the database ended"
        for held in lost.values():
            held.lost = reason
        self._state.interrupt()
        jobs = ", ".join(lost)
        self._state.report("locks", f"The locks of the jobs {jobs} are lost", seconds=LOST_SECONDS)
        log.error("locks lost", action="locks_lost", jobs=jobs, error=type(error).__name__)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.invalidate()
                connection.close()


def lock_name(job: str) -> str:
    """Name of the advisory lock of a job."""
    return f"job:{job}"


def _ignore_stalled(_: Sequence[str]) -> None:
    """Leave stalled jobs to the daemons."""


@contextmanager
def open_run_locks(
    engine: Engine,
    settings: RunSettings,
    on_stalled: Callable[[Sequence[str]], object] = _ignore_stalled,
) -> Iterator[RunLocks]:
    """Yield the locks of the jobs of a process, with a heartbeat thread until the end."""
    with derived_engine(engine, ConnectionLimits.for_locks(settings)) as lock_engine:
        run_locks = RunLocks(lock_engine, settings, on_stalled)
        thread = threading.Thread(target=run_locks.beat_until_closed, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield run_locks
        finally:
            run_locks.close()
            thread.join(settings.heartbeat_seconds + GRACE)
