"""Background scheduler: runs each job at its interval until shutdown."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from jobs.running.context import Context
from jobs.running.runner import Job, run_job_logged

log = structlog.get_logger()

#: Seconds that running jobs get to end at shutdown.
SHUTDOWN_TIMEOUT = 8


@contextmanager
def run_scheduler(jobs: Sequence[Job], context: Context) -> Iterator[None]:
    """Run the jobs in background threads: all of them at once, then each at its interval.

    On exit no further run starts. Running jobs are stopped early and awaited for
    `SHUTDOWN_TIMEOUT` seconds, or not at all if the body raised an exception.
    """
    stop = threading.Event()
    context = replace(context, stop_requested=stop.is_set)
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(max(len(jobs), 1))}, timezone="UTC"
    )
    for job in jobs:
        scheduler.add_job(
            run_job_logged,
            IntervalTrigger(seconds=job.every_seconds, timezone="UTC"),
            args=[job, context],
            id=job.name,
            next_run_time=context.clock(),
            misfire_grace_time=job.grace_seconds,
            coalesce=True,
            max_instances=1,
        )
    scheduler.start()
    timeout = 0.0
    try:
        yield
        timeout = SHUTDOWN_TIMEOUT
    finally:
        stop.set()
        # Jobs that exceed the timeout continue in daemon threads until the process exits; the next
        # start repeats their work.
        shutdown = threading.Thread(target=scheduler.shutdown, kwargs={"wait": True}, daemon=True)
        shutdown.start()
        shutdown.join(timeout)
        if shutdown.is_alive():
            log.warning("jobs did not stop in time", action="shutdown_timeout", seconds=timeout)
