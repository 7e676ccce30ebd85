"""The parts of the service that the soak disturbs: the daemon and its database server."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from service.errors import EmbeddedServerError
from service.store.database.data.directory import is_running, start_server, stop_server
from service.store.database.embedded import EmbeddedServer

COMMAND = Path(sys.executable).parent / "samestory"
#: Size of the disk of the database in MiB.
DISK_MIB = 900


@dataclass(slots=True)
class Daemon:
    """`samestory up`, restarted when it ends, as systemd would do."""

    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    exits: list[int] = field(default_factory=list)

    def ensure_runs(self) -> None:
        """Start the daemon unless it runs."""
        if self.process is not None and self.process.poll() is None:
            return
        if self.process is not None:
            self.exits.append(self.process.returncode)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [COMMAND, "up"], env=dict(self.environment), stdout=log, stderr=log
            )
        self.starts += 1

    def is_up(self) -> bool:
        """Whether the daemon has answered requests since the first start."""
        return b'"action": "up"' in self.log.read_bytes()

    def kill(self) -> None:
        """End the process without warning."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End the process as systemd would: SIGTERM, and SIGKILL after 30 seconds."""
        assert self.process
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Suspend the process inside the `with` block."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@dataclass(slots=True)
class Database:
    """A Postgres server that the daemon uses by its URL."""

    server: EmbeddedServer
    name: str
    has_own_disk: bool

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Connect with short timeouts, in autocommit mode."""
        url = self.server.url(self.name).replace("+psycopg", "")
        options = "-c statement_timeout=3000"
        return psycopg.connect(url, autocommit=True, connect_timeout=3, options=options)

    def ensure_runs(self) -> None:
        """Start the server if it has ended."""
        if not is_running(self.server.folder):
            with suppress(EmbeddedServerError):
                start_server(self.server.folder, throwaway=False)

    def restart(self) -> None:
        """Crash the server, and start it two seconds later."""
        stop_server(self.server.folder, throwaway=True)  # immediate mode
        time.sleep(2)
        self.ensure_runs()

    def drop_locks(self) -> int:
        """End the connections that have advisory locks; returns their number."""
        with self.connect() as connection:
            ended = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN "
                "(SELECT pid FROM pg_locks WHERE locktype = 'advisory') AND pid <> pg_backend_pid()"
            )
            return len(ended.fetchall())

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Fill the disk of the server inside the `with` block."""
        filler = self.server.folder / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(1 << 16))
        try:
            yield
        finally:
            filler.unlink()
            self.ensure_runs()


@contextmanager
def own_disk(folder: Path) -> Iterator[bool]:
    """Mount a small disk in memory at a new folder; yields False without the right to mount."""
    folder.mkdir(mode=0o755)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=755", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=False)  # noqa: S607


@contextmanager
def database(folder: Path, name: str, *, has_own_disk: bool) -> Iterator[Database]:
    """Run a server with its data below a folder, with an empty database."""
    server = EmbeddedServer.start(str(folder / "postgres"))
    try:
        server.ensure_database(name)
        with psycopg.connect(
            server.url("postgres").replace("+psycopg", ""), autocommit=True
        ) as connection:
            connection.execute("ALTER SYSTEM SET max_wal_size = '128MB'")
            connection.execute("SELECT pg_reload_conf()")
        yield Database(server, name, has_own_disk)
    finally:
        if not is_running(server.folder):
            start_server(server.folder, throwaway=False)
        server.stop()
