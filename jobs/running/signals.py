"""Signal handling: wait for SIGTERM or Ctrl-C; a second signal ends the process immediately."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

log = structlog.get_logger()


class StopSignal:
    """The first SIGTERM or SIGINT of the process, to wait for."""

    def __init__(self, wakeup_socket: socket.socket) -> None:
        self._wakeup_socket = wakeup_socket
        self.received = False

    def handle(self, number: int, _: FrameType | None) -> None:
        """Record the first signal; end the process on the second."""
        if self.received:
            # An exception could interrupt the clean-up at any point. os._exit loses nothing that
            # SIGKILL would not lose.
            os._exit(128 + number)
        self.received = True

    def wait(self) -> None:
        """Block until a signal arrives; return at once if one has arrived already."""
        # An Event set by the handler would race: a signal between Python's last check for signals
        # and the start of the wait is handled only after the next signal. The wakeup file
        # descriptor receives its byte at any time.
        (number,) = self._wakeup_socket.recv(1)
        log.info("stopping", action="stopping", signal=signal.Signals(number).name)


@contextmanager
def handle_signals() -> Iterator[StopSignal]:
    """Install handlers for SIGTERM and SIGINT; yields the `StopSignal` to wait for.

    After the first signal the handlers stay installed until the process ends.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        stop = StopSignal(reader)
        numbers = (signal.SIGTERM, signal.SIGINT)
        previous_handlers = {number: signal.signal(number, stop.handle) for number in numbers}
        previous_fd = signal.set_wakeup_fd(writer.fileno())
        try:
            yield stop
        finally:
            signal.set_wakeup_fd(previous_fd)
            if not stop.received:
                for number, handler in previous_handlers.items():
                    signal.signal(number, handler)
