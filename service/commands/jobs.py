"""`samestory jobs`: the scheduled jobs without API and page."""

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

app = typer.Typer(help="The scheduled jobs: run all, list them, run one.")


@app.callback(invoke_without_command=True)
def run_all(context: typer.Context) -> None:
    """Without a command: run the schedule until SIGTERM or Ctrl-C, no API, no page."""
    if context.invoked_subcommand is not None:
        return
    with (
        open_service(with_feeds=True) as world,
        handle_signals() as stop,
        run_scheduler(build_schedule(world.settings.schedule), world),
    ):
        stop.wait()


@app.command("list")
def list_jobs() -> None:
    """The schedule: each job, how often it runs, and how late it may start."""
    for job in build_schedule(settings_module.load().schedule):
        summary = (job.function.__doc__ or "").splitlines()[0]
        print(
            f"{job.name:10} every {job.every_seconds:g} s, grace {job.grace_seconds} s: {summary}"
        )


@app.command("run")
def run_job(name: Annotated[str, typer.Argument(help="One of `samestory jobs list`.")]) -> None:
    """Run one job now, unless another process is at it."""
    jobs = {job.name: job for job in build_schedule(settings_module.load().schedule)}
    if name not in jobs:
        raise BadInputError(f"no job {name!r}; {nearest(name, jobs)}")
    with open_service(with_feeds=True) as context:
        counts = runner.run_job(jobs[name], context)
    if counts is None:
        raise BadInputError(f"job {name} is running in another process; try again later")
    print(", ".join(f"{key} {value}" for key, value in counts.items()) or "nothing to do")
