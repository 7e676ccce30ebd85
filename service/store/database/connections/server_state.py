"""State of one database server, shared by all engines of a process that connect to it."""

import secrets
import time
from collections.abc import Callable

import psycopg

#: Seconds during which connections fail at once after the server did not respond.
PAUSE = 1.0


class ServerState:
    """Failures that concern more than one connection: pauses, interruptions, problems.

    Thread-safe: every method reads or replaces single values.
    """

    def __init__(self, before_connect: Callable[[], object] | None = None) -> None:
        #: Names all connections of this process in `pg_stat_activity`.
        self.process_name = f"samestory {secrets.token_hex(8)}"
        #: Called before each new connection, to start a server that this process manages.
        self.before_connect = before_connect
        #: Checks of resources outside of the database; each returns a problem or "".
        self.checks: list[Callable[[], str]] = []
        #: Number of interruptions; a wait ends when the number grows.
        self.interruptions = 0
        self._paused_until = 0.0
        self._problems: dict[str, tuple[float, str]] = {}

    def pause(self) -> None:
        """Make connections fail at once for a moment, because the server did not respond."""
        self._paused_until = time.monotonic() + PAUSE

    def interrupt(self) -> None:
        """End the statements of the jobs, because their locks are lost."""
        self.interruptions += 1

    def require_no_pause(self) -> None:
        """Raise psycopg.OperationalError during a pause."""
        if time.monotonic() < self._paused_until:
            raise psycopg.OperationalError("the server did not respond a moment ago")

    def report(self, kind: str, problem: str, *, seconds: float) -> None:
        """Store a problem that `/readyz` shows for some time, in place of one of the same kind."""
        self._problems[kind] = (time.monotonic() + seconds, problem)

    def clear(self, kind: str) -> None:
        """Remove the problem of a kind."""
        self._problems.pop(kind, None)

    def problems(self) -> list[str]:
        """Return the current problems, one sentence each."""
        now = time.monotonic()
        reported = [text for until, text in list(self._problems.values()) if now < until]
        return reported + [problem for check in self.checks if (problem := check())]
