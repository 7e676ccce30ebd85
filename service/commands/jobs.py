"""`samestory jobs`: run the scheduled jobs without the web server."""

from typing import Annotated

import typer

from jobs.running import runner
from jobs.running.schedule import build_schedule
from jobs.running.scheduler import run_scheduler
from jobs.running.signals import handle_signals
from service.commands.running.serving import open_service
from service.errors import BadInputError
from service.settings import load as settings_module
from service.settings.load import nearest

app = typer.Typer()


@app.callback(invoke_without_command=True)
def run_all(context: typer.Context) -> None:
    """Run the scheduled jobs, list them, or run one.

    Without a command: run all jobs on schedule, without the web server, until SIGTERM or Ctrl-C.
    """
    if context.invoked_subcommand is not None:
        return
    with (
        open_service(with_feeds=True) as service,
        handle_signals() as stop,
        run_scheduler(build_schedule(service.settings), service),
    ):
        stop.wait()


@app.command("list")
def list_jobs() -> None:
    """List all jobs with interval and grace period (maximum delay of a run), both in seconds."""
    for job in build_schedule(settings_module.load()):
        summary = (job.function.__doc__ or "").splitlines()[0]
        print(
            f"{job.name:10} every {job.every_seconds:g} s, grace {job.grace_seconds} s: {summary}"
        )


@app.command("run")
def run_job(
    name: Annotated[str, typer.Argument(help="Name of a job; see `samestory jobs list`.")],
) -> None:
    """Run one job now and print its counts. Fails if another process is running it."""
    jobs = {job.name: job for job in build_schedule(settings_module.load())}
    if name not in jobs:
        raise BadInputError(f"Unknown job {name!r}; {nearest(name, jobs)}")
    with open_service(with_feeds=True) as context:
        counts = runner.run_job(jobs[name], context)
    if counts is None:
        raise BadInputError(f"Job {name} is already running in another process; retry later")
    print(", ".join(f"{key} {value}" for key, value in counts.items()) or "nothing to do")
