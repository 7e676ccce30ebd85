"""The watchdog reports nothing while a check fails."""

import os
import socket
import time
from pathlib import Path

import pytest

from service.commands.running.systemd import notify_systemd, responds


def test_failing_check_withholds_the_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    alive = [False]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "40000")
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
        with notify_systemd([lambda: alive[0]]):
            assert receiver.recv(100) == b"READY=1"
            time.sleep(0.2)
            receiver.setblocking(False)
            with pytest.raises(BlockingIOError):
                receiver.recv(100)
            receiver.settimeout(10)
            alive[0] = True
            assert receiver.recv(100) == b"WATCHDOG=1"


def test_nothing_is_sent_without_systemd():
    with notify_systemd([lambda: False]):
        pass


def test_closed_port_does_not_respond():
    assert not responds("http://127.0.0.1:9/")
