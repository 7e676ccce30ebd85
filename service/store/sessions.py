"""Opening the database that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from service.store import schema
from service.store.embedded import EmbeddedServer

Sessions = sessionmaker[Session]


@contextmanager
def open_engine(url: str, *, data_dir: str = "", name: str = "samestory") -> Iterator[Engine]:
    """An engine for `url`, or for a database of the embedded server when `url` is empty.

    Raises:
        DatabaseError: the embedded server could not start.
        SettingsError: the url is not one of Postgres.
    """
    server = None if url else EmbeddedServer.start(data_dir)
    try:
        engine = schema.connect(server.ensure_database(name) if server else url)
        try:
            yield engine
        finally:
            engine.dispose()
    finally:
        if server:
            server.stop()


def sessions_of(engine: Engine) -> Sessions:
    """What jobs and requests open their transactions with."""
    return sessionmaker(engine, expire_on_commit=False)
