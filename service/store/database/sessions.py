"""Engine and session factory for the configured database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session, sessionmaker

from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from service.store.database.errors import translate_database_errors

Sessions = sessionmaker[Session]


@contextmanager
def open_engine(url: str, *, data_dir: str = "", name: str = "samestory") -> Iterator[Engine]:
    """Open an engine for `url`, or for database `name` of the embedded server if `url` is empty.

    Raises:
        DatabaseError: the embedded server could not start, or a statement of the caller failed
            for a reason outside the code.
        SettingsError: `url` is not a Postgres URL.
    """
    server = None if url else EmbeddedServer.start(data_dir)
    try:
        engine = schema.make_engine(server.ensure_database(name) if server else url)
        if server:
            _restart_on_connect(engine, server)
        try:
            with translate_database_errors(engine):
                yield engine
        finally:
            engine.dispose()
    finally:
        if server:
            server.stop()


def _restart_on_connect(engine: Engine, server: EmbeddedServer) -> None:
    """Restart a stopped embedded server before each new connection: nothing else supervises it."""

    def before_connecting(*_: object) -> None:
        server.restart_if_stopped()

    event.listen(engine, "do_connect", before_connecting)


def make_sessions(engine: Engine) -> Sessions:
    """Create the session factory that jobs and requests open transactions with."""
    return sessionmaker(engine, expire_on_commit=False)
