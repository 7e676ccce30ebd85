"""Opening the database that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session, sessionmaker

from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from service.store.database.errors import explained

Sessions = sessionmaker[Session]


@contextmanager
def open_engine(url: str, *, data_dir: str = "", name: str = "samestory") -> Iterator[Engine]:
    """An engine for `url`, or for a database of the embedded server when `url` is empty.

    Raises:
        DatabaseError: the embedded server could not start, or the caller met trouble with the
            database.
        SettingsError: the url is not one of Postgres.
    """
    server = None if url else EmbeddedServer.start(data_dir)
    try:
        engine = schema.connect(server.ensure_database(name) if server else url)
        if server:
            _revive_when_needed(engine, server)
        try:
            with explained(engine):
                yield engine
        finally:
            engine.dispose()
    finally:
        if server:
            server.stop()


def _revive_when_needed(engine: Engine, server: EmbeddedServer) -> None:
    """Nobody but us looks after the embedded server: let a lost one start with the next connection."""

    def before_connecting(*_: object) -> None:
        server.revive()

    event.listen(engine, "do_connect", before_connecting)


def sessions_of(engine: Engine) -> Sessions:
    """What jobs and requests open their transactions with."""
    return sessionmaker(engine, expire_on_commit=False)
