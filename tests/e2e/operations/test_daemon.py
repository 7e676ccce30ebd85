"""`samestory up`: start, serve, failures of network and database, shutdown."""

import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.ingest.opml import OpmlFeed, write_opml
from tests.e2e.conftest import Shell
from tests.support.content.feed_reports import item, rss
from tests.support.servers.feed_server import FeedServer, hang, reply

pytestmark = pytest.mark.slow

#: Maximum seconds for a shutdown.
STOP_TIMEOUT = 20


class Daemon:
    """A running daemon with its log lines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.events: list[dict[str, Any]] = []
        self.raw: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for(self, action: str, *, seconds: float = 90, **fields: str) -> dict[str, Any]:
        """Wait for the next event with this action and these fields."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                event: dict[str, Any] = json.loads(self.lines.get(timeout=1))
            except queue.Empty:
                continue
            self.events.append(event)
            if event.get("action") == action and fields.items() <= event.items():
                return event
        raise AssertionError(f"no {action} within {seconds} s; seen: {self.events}")

    def stop(self, number: signal.Signals) -> float:
        """Send a signal and return the seconds until the process exited with 0."""
        start = time.monotonic()
        self.process.send_signal(number)
        assert self.process.wait(STOP_TIMEOUT) == 0
        return time.monotonic() - start

    def all_events(self) -> list[dict[str, Any]]:
        """Return all events so far."""
        return [json.loads(line) for line in self.raw]

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.raw.append(line)
            self.lines.put(line)


@pytest.fixture
def daemons(shell: Shell) -> Iterator[Any]:
    started: list[Daemon] = []

    def start(*arguments: str, at: Shell = shell, **env: str) -> Daemon:
        started.append(Daemon(at.start(*arguments, **env)))
        return started[-1]

    yield start
    for daemon in started:
        daemon.process.kill()
        daemon.process.communicate()


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=20) as response:
        return json.load(response)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_up_serves_and_stops_on_signal(daemons: Any, number: signal.Signals):
    daemon = daemons("up", SAMESTORY_FETCH__TIMEOUT_SECONDS="3")
    url = daemon.wait_for("up")["url"]
    assert get(f"{url}readyz")
    assert get(f"{url}v1/stories")["items"] == []
    assert daemon.stop(number) < STOP_TIMEOUT


def test_feed_failures_are_logged_and_recorded_without_network(daemons: Any):
    daemon = daemons(
        "up", SAMESTORY_FETCH__TIMEOUT_SECONDS="3", SAMESTORY_FETCH__HOST_DELAY_SECONDS="0"
    )
    url = daemon.wait_for("up")["url"]
    failed = daemon.wait_for("feed_failed")
    assert failed["feed"].startswith("http")
    assert failed["error"]
    daemon.wait_for("job_done", job="fetch", seconds=180)
    feeds = get(f"{url}v1/feeds?failing=true&limit=100")["items"]
    assert feeds
    assert all(feed["error"] for feed in feeds)
    assert get(f"{url}v1/runs?job=fetch")["items"][0]["outcome"] == "done"
    daemon.stop(signal.SIGTERM)


@pytest.fixture
def private_shell() -> Iterator[Shell]:
    """A shell with a data folder of its own, for tests that kill or fill the database."""
    folder = Path(tempfile.mkdtemp(prefix="samestory-own-"))
    folder.chmod(0o755)
    yield Shell(folder / "data")
    shutil.rmtree(folder)


@pytest.fixture
def news(private_shell: Shell) -> Iterator[FeedServer]:
    """Feed server; the database of `private_shell` contains its feeds `/long` and `/hangs`."""
    texts = [(f"Report {number}", f"Report {number}. " * 40) for number in range(600)]
    with FeedServer() as server:
        items = [item(str(n), text, datetime.now(UTC)) for n, text in enumerate(texts)]
        server.routes |= {"/long": reply(rss(items)), "/hangs": hang()}
        path = private_shell.data.parent / "feeds.opml"
        feeds = [OpmlFeed(server.url("/long"), "long"), OpmlFeed(server.url("/hangs"), "hangs")]
        path.write_bytes(write_opml(feeds, title="two"))
        assert private_shell.run("feeds", "import", str(path)).returncode == 0
        yield server


def test_stop_during_fetch_and_during_encoding(
    daemons: Any, private_shell: Shell, news: FeedServer
):
    env = {"SAMESTORY_FETCH__ALLOW_NETWORKS": "127.0.0.0/8"}
    for seconds in (1, 6):  # the fetch hangs and the model loads; then it encodes
        daemon = daemons("up", at=private_shell, **env)
        daemon.wait_for("up")
        time.sleep(seconds)
        assert daemon.stop(signal.SIGTERM) < STOP_TIMEOUT
        assert not [event for event in daemon.all_events() if event.get("level") == "error"]
    assert news.requests_to("/hangs")


def test_second_ctrl_c_exits_immediately(daemons: Any, private_shell: Shell, news: FeedServer):
    daemon = daemons("up", at=private_shell, SAMESTORY_FETCH__ALLOW_NETWORKS="127.0.0.0/8")
    daemon.wait_for("up")
    time.sleep(2)
    daemon.process.send_signal(signal.SIGINT)
    daemon.wait_for("stopping")
    daemon.process.send_signal(signal.SIGINT)
    start = time.monotonic()
    assert daemon.process.wait(STOP_TIMEOUT) in {0, 130}  # 0: it had exited already
    assert time.monotonic() - start < STOP_TIMEOUT / 2
    assert not any("Traceback" in line for line in daemon.raw)
    assert news.requests_to("/hangs")


def test_daemon_survives_database_crash(daemons: Any, private_shell: Shell, news: FeedServer):
    daemon = daemons("jobs", at=private_shell)  # loopback is blocked, so its feeds fail immediately
    daemon.wait_for("job_done", job="fetch")
    number = int((private_shell.data / "cluster" / "postmaster.pid").read_text().split()[0])
    os.kill(number, signal.SIGKILL)
    time.sleep(6)
    failed = [event for event in daemon.all_events() if event["level"] in {"error", "critical"}]
    assert all(event["action"] == "job_failed" for event in failed)
    assert private_shell.run("feeds", "list").returncode == 0  # restarts the server
    assert daemon.stop(signal.SIGTERM) < STOP_TIMEOUT
    assert news.requests_to("/hangs") == []


def test_two_daemons_run_side_by_side(daemons: Any):
    first, second = daemons("up"), daemons("up")
    urls = [each.wait_for("up")["url"] for each in (first, second)]
    assert urls[0] != urls[1]
    first.stop(signal.SIGTERM)
    assert get(f"{urls[1]}readyz")
    second.stop(signal.SIGTERM)


def test_port_in_use_prints_setting_name(shell: Shell, daemons: Any):
    port = daemons("web").wait_for("up")["url"].rsplit(":", 1)[1].strip("/")
    done = shell.run("web", env={"SAMESTORY_WEB__PORT": port})
    assert done.returncode == 1
    assert "SAMESTORY_WEB__PORT" in done.stderr
