"""Waiting for SIGTERM or Ctrl-C: the first asks to end, the second ends at once."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

log = structlog.get_logger()


class Stop:
    """What a command that serves waits for."""

    def __init__(self, bytes_of_signals: socket.socket) -> None:
        self._bytes_of_signals = bytes_of_signals
        self.asked = False

    def handle(self, number: int, _: FrameType | None) -> None:
        """Note a signal; at the second one, end the process."""
        if self.asked:
            # Not as an exception: it would hit the clean-up anywhere. Nothing is lost by it that
            # a kill would not lose either.
            os._exit(128 + number)
        self.asked = True

    def wait(self) -> None:
        """Return once a signal has come, or at once if one came before."""
        # Not by an event that the handler sets: a signal may come after Python's last look for
        # one and before the wait begins, and would then be noticed at the next one only. Its
        # byte is in the socket whenever it comes.
        (number,) = self._bytes_of_signals.recv(1)
        log.info("stopping", action="stopping", signal=signal.Signals(number).name)


@contextmanager
def until_signalled() -> Iterator[Stop]:
    """What SIGTERM and Ctrl-C end; a second signal ends the process at once.

    After the first, signals keep that meaning until the process has ended.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        stop = Stop(reader)
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, stop.handle) for number in numbers}
        former = signal.set_wakeup_fd(writer.fileno())
        try:
            yield stop
        finally:
            signal.set_wakeup_fd(former)
            if not stop.asked:
                for number, handler in before.items():
                    signal.signal(number, handler)
