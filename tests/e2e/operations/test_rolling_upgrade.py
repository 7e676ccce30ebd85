"""A running former release after `db upgrade`: it reads on, writes nothing, and its end is clean.

The former release is the newest commit without the latest migration, from the history of git.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.ingest.opml import OpmlFeed, write_opml
from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from tests.support.content.feed_reports import FERRY, MEETING, item, rss
from tests.support.servers.feed_server import FeedServer, reply

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
MIGRATIONS = "service/store/migrations/versions"
GIT = shutil.which("git") or "git"
#: Runs commands one after the other, until one fails; the imports take most of the time.
COMMANDS = """
import sys
from service.cli import main
for line in sys.argv[1:]:
    sys.argv = ["samestory", *line.split()]
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise
"""


def git(*arguments: str) -> str:
    done = subprocess.run(
        [GIT, "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""


@pytest.fixture(scope="module")
def former() -> Iterator[Path]:
    """A folder with the sources of the former release."""
    latest = next((ROOT / MIGRATIONS).glob(f"{schema.head_revision()}_*.py"))
    added = git("log", "--diff-filter=A", "--format=%H", "--", f"{MIGRATIONS}/{latest.name}")
    commit = git("rev-parse", "--verify", "--quiet", f"{added.splitlines()[-1]}^") if added else ""
    if not commit:
        pytest.skip("needs the history of git with the commit that added the latest migration")
    folder = Path(tempfile.mkdtemp(prefix="samestory-former-"))
    folder.chmod(0o755)
    archive = subprocess.run(
        [GIT, "-C", str(ROOT), "archive", commit], capture_output=True, check=True
    )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as sources:
        sources.extractall(folder, filter="data")
    yield folder
    shutil.rmtree(folder)


class Release:
    """The command of one release on a database."""

    def __init__(self, sources: Path, url: str) -> None:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG")}
        self._sources = sources
        self._environment = inherited | {
            "PYTHONPATH": str(sources),
            "DATABASE_URL": url,
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
            "SAMESTORY_PROFILE": "english",
            "SAMESTORY_FETCH__ALLOW_NETWORKS": "127.0.0.0/8",
            "SAMESTORY_WEB__PORT": "0",
            "SAMESTORY_LOG__FORMAT": "json",
        }

    def run(self, *commands: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-c", COMMANDS, *commands]
        return subprocess.run(
            command,
            cwd=self._sources,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    def run_jobs(self) -> None:
        """Run jobs in two processes: the job `embed` loads a model, which ends its process."""
        for jobs in (("fetch", "embed"), ("place", "describe")):
            done = self.run(*(f"jobs run {job}" for job in jobs))
            assert done.returncode == 0, done.stderr

    def start(self, command_line: str, *, log: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-c", COMMANDS, command_line]
        with log.open("wb") as stream:
            return subprocess.Popen(
                command, cwd=self._sources, env=self._environment, stdout=stream, stderr=stream
            )


def wait_for(log: Path, action: str) -> dict[str, Any]:
    end = time.monotonic() + 150
    while time.monotonic() < end:
        for line in log.read_text(encoding="utf-8").splitlines():
            if f'"action": "{action}"' in line:
                event: dict[str, Any] = json.loads(line)
                return event
        time.sleep(0.2)
    raise AssertionError(log.read_text(encoding="utf-8"))


def get(url: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.fixture
def database() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="samestory-rolling-"))
    folder.chmod(0o755)
    server = EmbeddedServer.start(str(folder), throwaway=True)
    yield server.ensure_database("rolling").replace("+psycopg", "")
    server.stop()
    shutil.rmtree(folder)


@pytest.mark.timeout(600)
def test_former_release_reads_on_after_the_upgrade(former: Path, database: str, tmp_path: Path):
    old, new = Release(former, database), Release(ROOT, database)
    with FeedServer() as server:
        path = tmp_path / "feeds.opml"
        path.write_bytes(write_opml([OpmlFeed(server.url("/feed"), "feed")], title="one"))
        server.routes["/feed"] = reply(rss([item("1", MEETING, datetime.now(UTC))]))
        done = old.run("db upgrade", f"feeds import {path}")
        assert done.returncode == 0, done.stderr
        old.run_jobs()
        log = tmp_path / "old.log"
        process = old.start("web", log=log)
        try:
            url = wait_for(log, "up")["url"]
            status, before = get(f"{url}v1/stories")
            assert (status, len(before["items"])) == (200, 1)
            done = new.run("db upgrade")
            assert done.returncode == 0, done.stderr
            # The old web server reads on, and reports that it must be restarted.
            assert get(f"{url}v1/stories")[1]["items"] == before["items"]
            assert get(f"{url}v1/stories/{before['items'][0]['id']}")[0] == 200
            status, ready = get(f"{url}readyz")
            assert status == 503
            assert "migrated" in json.dumps(ready)
            # Its jobs write nothing.
            refused = old.run("jobs run fetch")
            assert refused.returncode == 1
            assert "migrated" in refused.stderr
            assert "Traceback" not in refused.stderr
            # The new release works beside it, and the old one shows its results.
            server.routes["/feed"] = reply(rss([item("2", FERRY, datetime.now(UTC))]))
            assert new.run(f"feeds set {server.url('/feed')} --interval 1").returncode == 0
            new.run_jobs()
            assert new.run("db check").returncode == 0
            assert len(get(f"{url}v1/stories")[1]["items"]) == 2
        finally:
            process.terminate()
            assert process.wait(60) == 0
