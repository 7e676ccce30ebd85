"""A Postgres with pgvector outside of the test run, for tests on each supported version."""

import os
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, NullPool, create_engine, make_url, text


class ExternalServer:
    """Creates databases with names of this process on a server; drops them at the end."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        self._prefix = f"samestory_test_{os.getpid()}_"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Drop the databases of this process."""
        names = text("SELECT datname FROM pg_database WHERE starts_with(datname, :prefix)")
        with self._connect() as connection:
            for name in connection.scalars(names, {"prefix": self._prefix}).all():
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database of this process; "postgres" is the one of the server."""
        name = self._url.database if database == "postgres" else self._prefix + database
        return self._url.set(database=name).render_as_string(hide_password=False)

    def ensure_database(self, name: str) -> str:
        """Create a database unless it exists, and return its URL."""
        url = self.url(name)
        database = make_url(url).database
        exists = text("SELECT FROM pg_database WHERE datname = :name")
        with self._connect() as connection:
            if connection.execute(exists, {"name": database}).first() is None:
                connection.execute(text(f"CREATE DATABASE {database}"))
        return url

    def _connect(self) -> Connection:
        return create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect()
