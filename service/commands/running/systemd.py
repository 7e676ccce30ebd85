"""Messages to systemd: ready, alive, stopping (the protocol of sd_notify)."""

import os
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import structlog

log = structlog.get_logger()

#: Seconds within which the web server must respond to the check of the watchdog.
_TIMEOUT = 10.0


@contextmanager
def notify_systemd(checks: Sequence[Callable[[], bool]]) -> Iterator[None]:
    """Report the start and the end of the service; does nothing without systemd.

    If the unit has a watchdog, a thread reports that the process is alive, as long as all checks
    return True. Otherwise systemd restarts the service after `WatchdogSec`.
    """
    ended = threading.Event()
    if interval := _watchdog_interval():
        arguments = (checks, interval, ended)
        threading.Thread(target=_watch, args=arguments, name="watchdog", daemon=True).start()
    _send("READY=1")
    try:
        yield
    finally:
        ended.set()
        _send("STOPPING=1")


def responds(url: str) -> bool:
    """Whether the web server at this base URL responds; its event loop is not stuck then."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with suppress(OSError), opener.open(f"{url}healthz", timeout=_TIMEOUT):
        return True
    return False


def _watch(checks: Sequence[Callable[[], bool]], interval: float, ended: threading.Event) -> None:
    while not ended.wait(interval):
        if all(check() for check in checks):
            _send("WATCHDOG=1")
        else:
            log.error("the process is stuck: systemd restarts it", action="stuck")


def _watchdog_interval() -> float:
    """Seconds between two messages, half of the limit of systemd; 0 without a watchdog."""
    for_this_process = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(os.environ.get("WATCHDOG_USEC", "0")) / 2e6 if for_this_process else 0.0


def _send(message: str) -> None:
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    # A name that begins with @ is in the abstract namespace.
    address = f"\0{path[1:]}" if path.startswith("@") else path
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(message.encode(), address)
    except OSError as error:
        log.warning("cannot notify systemd", action="notify_failed", error=str(error))
