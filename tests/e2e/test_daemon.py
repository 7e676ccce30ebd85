"""`samestory up`: starts, serves, survives without a network, and stops cleanly."""

import json
import queue
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import Shell

pytestmark = pytest.mark.slow

#: Seconds that stopping may take.
STOP = 20


class Daemon:
    """A running daemon, with its log lines as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.events: list[dict[str, Any]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for(self, action: str, *, seconds: float = 90, **facts: str) -> dict[str, Any]:
        """The next event with this action and these facts."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                event: dict[str, Any] = json.loads(self.lines.get(timeout=1))
            except queue.Empty:
                continue
            self.events.append(event)
            if event.get("action") == action and facts.items() <= event.items():
                return event
        raise AssertionError(f"no {action} within {seconds} s; seen: {self.events}")

    def stop(self, number: signal.Signals) -> float:
        """Send a signal; the seconds until it ended well."""
        start = time.monotonic()
        self.process.send_signal(number)
        assert self.process.wait(STOP) == 0
        return time.monotonic() - start

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.lines.put(line)


@pytest.fixture
def daemons(shell: Shell) -> Iterator[Any]:
    started: list[Daemon] = []

    def start(*arguments: str, **env: str) -> Daemon:
        started.append(Daemon(shell.start(*arguments, **env)))
        return started[-1]

    yield start
    for daemon in started:
        daemon.process.kill()
        daemon.process.communicate()


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return json.load(answer)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_stops_on_a_signal(daemons: Any, number: signal.Signals):
    daemon = daemons("up", SAMESTORY_FETCH__TIMEOUT_SECONDS="3")
    url = daemon.wait_for("up")["url"]
    assert get(f"{url}readyz")
    assert get(f"{url}v1/stories")["items"] == []
    assert daemon.stop(number) < STOP


def test_without_a_network_it_says_so_feed_by_feed_and_goes_on(daemons: Any):
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


def test_a_second_daemon_is_safe(daemons: Any):
    first, second = daemons("up"), daemons("up")
    urls = [each.wait_for("up")["url"] for each in (first, second)]
    assert urls[0] != urls[1]
    first.stop(signal.SIGTERM)
    assert get(f"{urls[1]}readyz")
    second.stop(signal.SIGTERM)


def test_a_port_that_is_taken_is_one_clear_line(shell: Shell, daemons: Any):
    port = daemons("web").wait_for("up")["url"].rsplit(":", 1)[1].strip("/")
    done = shell.run("web", env={"SAMESTORY_WEB__PORT": port})
    assert done.returncode == 1
    assert "SAMESTORY_WEB__PORT" in done.stderr
