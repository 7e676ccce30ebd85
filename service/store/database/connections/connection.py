"""Connection with a deadline on the client's side.

The server enforces `statement_timeout`, and TCP detects a lost network. Neither helps if the server
process is frozen, or on a Unix socket. Here each wait for the server has a deadline.
"""

import time
from collections.abc import Generator
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.waiting import READY_NONE

from service.store.database.connections.server_state import ServerState

Result = TypeVar("Result")
#: Seconds that the server gets to report its own timeout, before the client ends the connection.
GRACE = 2.0
#: Seconds between two checks of the deadline.
INTERVAL = 0.1


class LimitedConnection(psycopg.Connection[Any]):
    """Connection whose waits end after `response_limit` seconds, or when jobs are interrupted.

    The connection is then closed and the wait raises psycopg.OperationalError.
    """

    server_state = ServerState()
    response_limit = 0.0  #: 0 is no limit
    is_interruptible = False  #: whether waits end on an interruption
    pool_number = 0  #: counts the pools of the engine
    was_used = False  #: whether the pool has provided it before

    def wait(
        self, gen: PQGen[Result], interval: float = INTERVAL, timeout: float | None = None
    ) -> Result:
        """Wait for a step of the protocol, at most `response_limit` seconds."""
        del timeout  # not in all supported versions of psycopg
        return super().wait(self._limit(gen), interval)

    def ping(self, seconds: float) -> None:
        """Check that the server responds within some seconds; raises psycopg.Error."""
        limit, self.response_limit = self.response_limit, seconds
        autocommit = self.autocommit
        try:
            self.autocommit = True  # no BEGIN and no ROLLBACK
            self.execute("SELECT 1", prepare=False)
        finally:
            self.response_limit = limit
            if not self.closed:
                self.autocommit = autocommit

    def set_limits(self, **settings: str) -> None:
        """Set settings of the session on the server."""
        calls = ", ".join(f"set_config('{name}', %s, false)" for name in settings)
        self.autocommit = True
        self.execute(f"SELECT {calls}".encode(), list(settings.values()), prepare=False)
        self.autocommit = False

    def _limit(self, gen: PQGen[Result]) -> Generator[Any, Any, Result]:
        started, interruptions = time.monotonic(), self.server_state.interruptions
        try:
            event = next(gen)
            while True:
                ready = yield event
                if ready == READY_NONE:
                    self._require_response(started, interruptions)
                event = gen.send(ready)
        except StopIteration as end:
            result: Result = end.value
            return result

    def _require_response(self, started: float, interruptions: int) -> None:
        waited = time.monotonic() - started
        if self.is_interruptible and self.server_state.interruptions != interruptions:
            reason = "the wait was ended, because the server does not respond to heartbeats"
        elif self.response_limit and waited > self.response_limit:
            self.server_state.pause()
            reason = f"the server did not respond within {self.response_limit:g} s"
        else:
            return
        with suppress(psycopg.Error):
            self.pgconn.finish()
        raise psycopg.OperationalError(reason)
