"""The embedded Postgres: set up, started by whoever comes first, stopped by whoever leaves last."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg
from psycopg import sql

from service.errors import EmbeddedServerError
from service.store.database.data_directory import (
    PORT,
    ROLE,
    connect,
    end,
    is_up,
    launch,
    socket_folder,
)
from service.store.database.data_location import data_folder


class EmbeddedServer:
    """A running server that this process uses; `stop` ends it if nobody else does."""

    def __init__(self, folder: Path, users: IO[str], *, throwaway: bool) -> None:
        self.folder = folder
        self._users = users
        self._throwaway = throwaway

    @classmethod
    def start(cls, wanted: str = "", *, throwaway: bool = False) -> "EmbeddedServer":
        """Use the server of a folder ("" for the default one), starting it if need be.

        A throwaway server is quick, and loses data when it or the machine is killed.

        Raises:
            EmbeddedServerError: with the reason and the remedy.
        """
        folder = data_folder(wanted)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            users = (folder / "users.lock").open("a")
        except OSError as error:
            raise EmbeddedServerError(f"{folder} cannot be written: {error.strerror}") from error
        try:
            with _starting(folder):
                fcntl.flock(users, fcntl.LOCK_SH)
                if not is_up(folder):
                    launch(folder, throwaway=throwaway)
        except BaseException:
            users.close()
            raise
        return cls(folder, users, throwaway=throwaway)

    def revive(self) -> None:
        """Start the server again if something ended it while we use it; else do nothing."""
        if is_up(self.folder):
            return
        with _starting(self.folder):
            if not self._users.closed and not is_up(self.folder):
                launch(self.folder, throwaway=self._throwaway)

    def url(self, database: str = "postgres") -> str:
        """SQLAlchemy's address of one of its databases."""
        place = quote(str(socket_folder(self.folder)), safe="")
        return f"postgresql+psycopg://{ROLE}@/{quote(database)}?host={place}&port={PORT}"

    def ensure_database(self, name: str) -> str:
        """Create a database unless it exists; its address.

        Raises:
            EmbeddedServerError: the server refused.
        """
        try:
            with _starting(self.folder), connect(self.folder) as connection:
                query = "SELECT FROM pg_database WHERE datname = %s"
                if connection.execute(query, [name]).fetchone() is None:
                    identifier = sql.Identifier(name)
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise EmbeddedServerError(
                f"the embedded Postgres in {self.folder} refused: {reason}; "
                f"see {self.folder / 'cluster/server.log'}, or set DATABASE_URL"
            ) from error
        return self.url(name)

    def stop(self) -> None:
        """Leave the server; end it if no other process uses it. Repeating does nothing."""
        if self._users.closed:
            return
        with _starting(self.folder):
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # somebody else still uses it
            else:
                if is_up(self.folder):  # else it was ended by something else
                    end(self.folder, throwaway=self._throwaway)
            finally:
                self._users.close()


@contextmanager
def _starting(folder: Path) -> Iterator[None]:
    """One process at a time sets up, starts or stops a folder's server."""
    with (folder / "start.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
