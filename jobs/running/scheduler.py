"""Background scheduler: runs each job at its interval until shutdown."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from jobs.running.context import Context
from jobs.running.run_locks import open_run_locks
from jobs.running.runner import Job, run_job_logged
from service.telemetry import process

log = structlog.get_logger()

#: A job whose thread hangs can start once more after it has lost its lock. Until then its lock
#: prevents a second start.
MAX_INSTANCES = 2
#: Seconds that running jobs get to end at shutdown.
SHUTDOWN_TIMEOUT = 8


@contextmanager
def run_scheduler(jobs: Sequence[Job], context: Context) -> Iterator[Callable[[], bool]]:
    """Run the jobs in background threads: all of them at once, then each at its interval.

    Yields a function: whether the heartbeat thread of the jobs is alive.

    On exit no further run starts. Running jobs are stopped early and awaited for
    `SHUTDOWN_TIMEOUT` seconds, or not at all if the body raised an exception.
    """
    stop = threading.Event()
    context = replace(context, stop_requested=stop.is_set)
    threads = ThreadPoolExecutor(max(len(jobs), 1) * MAX_INSTANCES)
    scheduler = BackgroundScheduler(executors={"default": threads}, timezone="UTC")

    def run_now(names: Sequence[str]) -> None:
        for name in names:
            if scheduler.get_job(name):
                scheduler.modify_job(name, next_run_time=context.clock())

    process.JOBS.register(job.name for job in jobs)
    with open_run_locks(context.engine, context.settings.runs, on_stalled=run_now) as run_locks:
        for job in jobs:
            scheduler.add_job(
                run_job_logged,
                IntervalTrigger(seconds=job.every_seconds, timezone="UTC"),
                args=[job, context, run_locks],
                id=job.name,
                next_run_time=context.clock(),
                misfire_grace_time=job.grace_seconds,
                coalesce=True,
                max_instances=MAX_INSTANCES,
            )
        scheduler.start()
        timeout = 0.0
        try:
            yield run_locks.is_alive
            timeout = SHUTDOWN_TIMEOUT
        finally:
            stop.set()
            _shut_down(scheduler, timeout)


def _shut_down(scheduler: BackgroundScheduler, timeout: float) -> None:
    """Wait for the running jobs.

    Jobs that exceed the timeout continue in daemon threads until the process exits; the next start
    repeats their work.
    """
    shutdown = threading.Thread(target=scheduler.shutdown, kwargs={"wait": True}, daemon=True)
    shutdown.start()
    shutdown.join(timeout)
    if shutdown.is_alive():
        log.warning("jobs did not stop in time", action="shutdown_timeout", seconds=timeout)
