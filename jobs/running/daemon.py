"""The daemon: runs the schedule and the web server until told to stop."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import structlog
import uvicorn
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from starlette.types import ASGIApp

from jobs.running.context import Context
from jobs.running.runner import Job, run_logged
from service.errors import SettingsError

log = structlog.get_logger()

#: How long running requests and then running jobs may take to end, seconds.
REQUEST_PATIENCE, JOB_PATIENCE = 4, 8


@contextmanager
def scheduled(jobs: Sequence[Job], context: Context) -> Iterator[None]:
    """Run the jobs in the background, each at its own pace, all of them once at the start.

    On leaving, no run starts any more, and running ones are told to end early and waited for a
    while; not at all if it is an error that one leaves with.
    """
    stop = threading.Event()
    context = replace(context, stopping=stop.is_set)
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(max(len(jobs), 1))}, timezone="UTC"
    )
    for job in jobs:
        scheduler.add_job(
            run_logged,
            IntervalTrigger(seconds=job.every_seconds, timezone="UTC"),
            args=[job, context],
            id=job.name,
            next_run_time=context.clock(),
            misfire_grace_time=job.grace_seconds,
            coalesce=True,
            max_instances=1,
        )
    scheduler.start()
    patience = 0.0
    try:
        yield
        patience = JOB_PATIENCE
    finally:
        stop.set()
        _within(patience, "jobs", lambda: scheduler.shutdown(wait=True))


@contextmanager
def serving(app: ASGIApp, host: str, port: int, *, proxies: Sequence[str] = ()) -> Iterator[int]:
    """Serve API and page from a thread; yields the port.

    What `X-Forwarded-For` and `X-Forwarded-Proto` say is believed from the addresses and networks
    in `proxies`, and from nobody else.

    Raises:
        SettingsError: the address is taken or not ours.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        timeout_graceful_shutdown=REQUEST_PATIENCE,
        # Left alone, uvicorn believes whoever is on this machine, and what its environment names.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
    )
    server = uvicorn.Server(config)
    listener = _listen(host, port)
    thread = threading.Thread(target=server.run, args=([listener],), name="web", daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(REQUEST_PATIENCE + 1)
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {host} port {port}: {error.strerror}; "
            "choose others with SAMESTORY_WEB__HOST and SAMESTORY_WEB__PORT"
        ) from error
    # Head and body go out apart; on a kept connection the body would wait for a delayed ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _within(seconds: float, what: str, end: Callable[[], None]) -> None:
    """Let something end, but wait only so long: what is cut off is done again at the next start.

    Its threads live on; the command leaves them behind when it ends.
    """
    thread = threading.Thread(target=end, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        log.warning("not waiting any longer", action="gave_up_waiting", what=what)
