"""`samestory jobs`: run the scheduled jobs without the web server."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from jobs.running.schedule import build_schedule
from jobs.running.scheduler import run_scheduler
from jobs.running.signals import handle_signals
from service.commands.running.one_job import run_once
from service.commands.running.servers.metrics_server import serve_metrics
from service.commands.running.start_up import open_service
from service.commands.running.store import open_store
from service.commands.running.systemd import notify_systemd
from service.settings import load as settings_module
from service.store.articles import model_choices
from service.store.runs.status import JobStatus, load_job_status

app = typer.Typer()


@app.callback(invoke_without_command=True)
def run_all(context: typer.Context) -> None:
    """Run the scheduled jobs, list them, show their state, or run one.

    Without a command: run all jobs on schedule, without the web server, until SIGTERM or Ctrl-C.
    """
    if context.invoked_subcommand is not None:
        return
    with (
        open_service(runs_schedule=True) as service,
        handle_signals() as stop,
        run_scheduler(build_schedule(service.settings), service) as alive,
        serve_metrics(service.settings.metrics, service.settings.web),
        notify_systemd([alive]),
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


@app.command("status")
def show_status() -> None:
    """Show the run in progress and the last run of each job; exit with 1 if a job has stalled."""
    settings = settings_module.load()
    names = [job.name for job in build_schedule(settings)]
    stalled_after = timedelta(seconds=settings.runs.takeover_seconds)
    with open_store(settings) as store, store.sessions() as session:
        states = load_job_status(session, names)
        reembedding = model_choices.measure_reembedding(session)
        now = store.clock()
    for each in states:
        print(f"{each.job:10} {describe_job(each, now, stalled_after)}")
    if reembedding:
        print(
            f"{reembedding.encoded} of {reembedding.total} articles are encoded with the model "
            f"{reembedding.requested}; until then {reembedding.former} is in use"
        )
    if any(each.current and each.current.has_stalled(stalled_after) for each in states):
        raise typer.Exit(1)


def describe_job(status: JobStatus, now: datetime, stalled_after: timedelta) -> str:
    """Describe the state of a job in one line."""
    state, run = "idle", status.current
    if run is not None:
        verb = "stalled" if run.has_stalled(stalled_after) else "running"
        heard = "" if run.silence is None else f", last heartbeat {run.silence:.0f} s ago"
        state = f"{verb} for {run.age:.0f} s on {run.host} (process {run.pid}){heard}"
    if (last := status.last) is None:
        return f"{state}; no finished run"
    seconds = (now - last.started_at).total_seconds() - (last.seconds or 0)
    error = f": {last.error}" if last.error else ""
    return f"{state}; last run {last.outcome} {max(seconds, 0):.0f} s ago{error}"


@app.command("run")
def run_job(
    name: Annotated[str, typer.Argument(help="Name of a job; see `samestory jobs list`.")],
) -> None:
    """Run one job now and print its counts.

    Fails if another process is running it or if maintenance mode is on. The command does not add
    the shipped feeds; use `samestory feeds import`.
    """
    run_once(name)
