"""Engine and session factory for the configured database."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import partial

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from service.settings.sections.daemon import DatabaseSettings
from service.store.database import schema
from service.store.database.connections.limits import ConnectionLimits
from service.store.database.connections.server_state import ServerState
from service.store.database.embedded import EmbeddedServer
from service.store.database.errors import translate_database_errors
from service.store.database.fence import Fence, FencedSession

Sessions = sessionmaker[Session]


@contextmanager
def open_engine(settings: DatabaseSettings, *, name: str = "") -> Iterator[Engine]:
    """Open an engine with the limits of jobs, for the URL of the settings.

    Without a URL, the engine is for a database of the embedded server: `name`, or else that of the
    settings.

    Raises:
        DatabaseError: the embedded server could not start, or a statement of the caller failed
            for a reason outside the code.
        SettingsError: the URL is not a Postgres URL.
    """
    server = None if settings.url else EmbeddedServer.start(settings.data_dir)
    try:
        url = server.ensure_database(name or settings.name) if server else settings.url
        # Nothing else supervises the embedded server.
        state = ServerState(server.restart_if_stopped if server else None)
        if server:
            state.checks.append(partial(server.find_disk_problem, settings.min_free_mib))
        limits, password = ConnectionLimits.for_jobs(settings), "" if server else settings.password
        engine = schema.make_engine(url, limits, state, password=password)
        try:
            with translate_database_errors(engine):
                yield engine
        finally:
            engine.dispose()
    finally:
        if server:
            server.stop()


def make_sessions(engine: Engine) -> Sessions:
    """Create the session factory that jobs and requests open transactions with."""
    return sessionmaker(engine, class_=FencedSession, expire_on_commit=False)


def fenced_sessions(sessions: Sessions, fence: Fence) -> Sessions:
    """Return the same session factory with a fence for its transactions."""
    fenced = copy(sessions)
    fenced.kw = sessions.kw | {"info": {"fence": fence}}
    return fenced


def outcome_sessions(sessions: Sessions) -> Sessions:
    """Return the same session factory without the fence of a run.

    For the outcomes of actions outside of the database, such as emails: these are protected by
    claims, and must be recorded even if the run has lost its lock meanwhile.
    """
    return fenced_sessions(sessions, Fence())
