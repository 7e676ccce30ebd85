"""Engines with limits: pool, timeouts of client and server, check before each use."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast
from weakref import ref

import psycopg
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import NullPool, Pool, QueuePool

from service.store.database.connections.connection import GRACE, LimitedConnection
from service.store.database.connections.limits import ConnectionLimits
from service.store.database.connections.server_state import ServerState
from service.telemetry.process import POOLS

_STATE = "samestory_server_state"
DISK_FULL = "53100"
#: Seconds for which a full disk is reported after the last statement that failed because of it.
DISK_FULL_SECONDS = 120.0


def make_limited_engine(url: URL | str, limits: ConnectionLimits, state: ServerState) -> Engine:
    """Create an engine, without connecting yet; without pooled connections if `connections` is 0.

    Raises:
        ArgumentError: `url` is invalid.
    """
    pool: dict[str, Any] = {"poolclass": NullPool}
    if limits.connections:
        pool = {
            "pool_size": limits.connections,
            "max_overflow": 0,
            "pool_timeout": limits.pool_wait,
        }
    engine = create_engine(url, execution_options={_STATE: state}, **pool)
    if limits.connections:
        POOLS.watch(limits.purpose, partial(_count_connections, ref(engine.pool), limits))
    pools = _CurrentPool()
    event.listen(engine, "do_connect", partial(_connect, limits, state, pools))
    event.listen(engine, "engine_disposed", pools.replace)
    event.listen(engine, "checkin", pools.close_former)
    event.listen(engine, "checkout", partial(_check_connection, limits))
    event.listen(engine, "handle_error", partial(_note_full_disk, state))
    return engine


def state_of(engine: Engine) -> ServerState:
    """Return the state that an engine shares with those derived from it."""
    return cast("ServerState", engine.get_execution_options()[_STATE])


@contextmanager
def derived_engine(engine: Engine, limits: ConnectionLimits) -> Iterator[Engine]:
    """Yield an engine with other limits on the same database, and close its connections."""
    derived = make_limited_engine(engine.url, limits, state_of(engine))
    try:
        yield derived
    finally:
        derived.dispose()


class _CurrentPool:
    """Closes connections that are returned after their engine was disposed of.

    SQLAlchemy would keep them open in the former pool until that is garbage collected.
    """

    def __init__(self) -> None:
        self.number = 0

    def replace(self, _engine: Engine) -> None:
        """Start a new pool."""
        self.number += 1

    def close_former(self, connection: LimitedConnection | None, _record: object) -> None:
        """Close a returned connection of a former pool; None if it is already invalid."""
        if connection is not None and connection.pool_number != self.number:
            connection.close()


def _connect(
    limits: ConnectionLimits,
    state: ServerState,
    pools: _CurrentPool,
    _dialect: object,
    _record: object,
    arguments: tuple[Any, ...],
    options: dict[str, Any],
) -> LimitedConnection:
    """Open a connection; this replaces the connect function of the driver."""
    state.require_no_pause()
    if state.before_connect:
        state.before_connect()
    tcp = max(round(limits.tcp), 3)
    options |= {
        "connect_timeout": round(limits.connect),
        "application_name": f"{state.process_name} {limits.purpose}",
        "keepalives": 1,
        # The first probe comes early, so that all of them fit in the limit.
        "keepalives_idle": tcp // 3,
        "keepalives_interval": tcp // 3,
        "keepalives_count": 2,
        "tcp_user_timeout": tcp * 1000,
    }
    try:
        connection = LimitedConnection.connect(*arguments, **options)
    except psycopg.errors.ConnectionTimeout:
        state.pause()
        raise
    connection.server_state = state
    connection.pool_number = pools.number
    connection.is_interruptible = limits.purpose == "jobs"
    connection.response_limit = limits.connect
    connection.set_limits(
        statement_timeout=f"{limits.statement:g}s",
        idle_in_transaction_session_timeout=f"{limits.idle:g}s",
        # The server uses them too, so that the locks of a lost machine end.
        tcp_keepalives_idle=f"{tcp // 3}",
        tcp_keepalives_interval=f"{tcp // 3}",
        tcp_keepalives_count="2",
        tcp_user_timeout=f"{tcp}s",
    )
    connection.response_limit = limits.statement and limits.statement + GRACE
    return connection


def _check_connection(
    limits: ConnectionLimits,
    connection: LimitedConnection,
    _record: object,
    _proxy: object,
) -> None:
    """Replace the connections of the pool if the server has closed this one."""
    if not connection.was_used:
        connection.was_used = True
        return
    try:
        connection.ping(limits.ping)
    except psycopg.Error as error:
        raise InvalidatePoolError from error


def _count_connections(pool: "ref[Pool]", limits: ConnectionLimits) -> tuple[int, int] | None:
    """Connections in use and their maximum; None after the end of the engine."""
    alive = pool()
    return (alive.checkedout(), limits.connections) if isinstance(alive, QueuePool) else None


def _note_full_disk(state: ServerState, context: ExceptionContext) -> None:
    if getattr(context.original_exception, "sqlstate", None) == DISK_FULL:
        state.report("disk", "The disk of the database server is full", seconds=DISK_FULL_SECONDS)
