"""Embedded Postgres server, shared by processes: the first one starts it, the last one stops it."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg
from psycopg import sql

from service.errors import EmbeddedServerError
from service.store.database.data.directory import (
    PORT,
    ROLE,
    connect,
    is_running,
    process_id,
    socket_folder,
    start_server,
    stop_server,
)
from service.store.database.data.location import data_folder


class EmbeddedServer:
    """Use of the embedded server by this process; `stop` ends the server if it was the last use."""

    def __init__(self, folder: Path, users: IO[str], *, throwaway: bool) -> None:
        self.folder = folder
        self._users = users
        self._throwaway = throwaway

    @classmethod
    def start(cls, data_dir: str = "", *, throwaway: bool = False) -> "EmbeddedServer":
        """Use the server in `data_dir` ("" for the default folder); start it if it is not running.

        A throwaway server is faster, but loses data when it or the machine is killed.

        Raises:
            EmbeddedServerError: the server cannot start. The message states the remedy.
        """
        folder = data_folder(data_dir)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            users = (folder / "users.lock").open("a")
        except OSError as error:
            raise EmbeddedServerError(f"Cannot write to {folder}: {error.strerror}") from error
        try:
            with _start_lock(folder):
                fcntl.flock(users, fcntl.LOCK_SH)
                if not is_running(folder):
                    _require_ended(folder)
                    start_server(folder, throwaway=throwaway)
        except BaseException:
            users.close()
            raise
        return cls(folder, users, throwaway=throwaway)

    def restart_if_stopped(self) -> None:
        """Restart the server if it ended while this process uses it.

        A server that runs but does not respond is left to the timeout of the connection.
        """
        if process_id(self.folder):
            return
        with _start_lock(self.folder):
            if not self._users.closed and not is_running(self.folder):
                start_server(self.folder, throwaway=self._throwaway)

    def find_disk_problem(self, min_free_mib: int) -> str:
        """Return a problem if the disk of the data has less free space; "" otherwise."""
        free = shutil.disk_usage(self.folder).free >> 20
        if free >= min_free_mib:
            return ""
        return (
            f"The disk of {self.folder} has only {free} MiB of free space; at least {min_free_mib} "
            "MiB are required (database.min_free_mib)"
        )

    def url(self, database: str = "postgres") -> str:
        """Return the SQLAlchemy URL of a database of this server."""
        host = quote(str(socket_folder(self.folder)), safe="")
        return f"postgresql+psycopg://{ROLE}@/{quote(database)}?host={host}&port={PORT}"

    def ensure_database(self, name: str) -> str:
        """Create a database unless it exists, and return its URL.

        Raises:
            EmbeddedServerError: the server rejected the statement.
        """
        try:
            with _start_lock(self.folder), connect(self.folder) as connection:
                query = "SELECT FROM pg_database WHERE datname = %s"
                if connection.execute(query, [name]).fetchone() is None:
                    identifier = sql.Identifier(name)
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise EmbeddedServerError(
                f"The embedded Postgres in {self.folder} failed: {reason}; "
                f"see {self.folder / 'cluster/server.log'}, or set DATABASE_URL"
            ) from error
        return self.url(name)

    def stop(self) -> None:
        """End the use of the server, and stop it if no other process uses it. Idempotent."""
        if self._users.closed:
            return
        with _start_lock(self.folder):
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # another process uses it
            else:
                if is_running(self.folder):
                    stop_server(self.folder, throwaway=self._throwaway)
            finally:
                self._users.close()


def _require_ended(folder: Path) -> None:
    """Raise EmbeddedServerError if the server does not respond although it runs."""
    if process := process_id(folder):
        raise EmbeddedServerError(
            f"The embedded Postgres in {folder} does not respond; end process {process}, or "
            "continue it if it was stopped"
        )


@contextmanager
def _start_lock(folder: Path) -> Iterator[None]:
    """Let one process at a time set up, start or stop the server of a folder."""
    with (folder / "start.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
