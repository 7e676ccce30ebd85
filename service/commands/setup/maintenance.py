"""`samestory maintenance`: stop the jobs, and the writes of API and pages."""

import time
from typing import Annotated

import typer

from service.commands.running.store import Store, open_store
from service.commands.running.times import format_time
from service.errors import DatabaseError
from service.store.runs import maintenance

app = typer.Typer(
    help="Maintenance mode: stop the jobs, and the writes of API and pages.", no_args_is_help=True
)
#: Seconds between two checks for running jobs.
_INTERVAL = 0.5


@app.command()
def on(
    *,
    reason: Annotated[
        str, typer.Option(help="Reason, shown in the responses to rejected writes.")
    ] = "the service is being maintained",
    wait: Annotated[
        float, typer.Option(min=0, max=86_400, help="Maximum seconds to wait for running jobs.")
    ] = 120,
) -> None:
    """Turn maintenance mode on, and wait until no job is running.

    No job starts, running jobs end early, and the API rejects writes with 503. Pages and read
    requests work. Nothing is lost: the jobs continue after `samestory maintenance off`.
    """
    with open_store() as store:
        with store.sessions.begin() as session:
            maintenance.begin(session, reason, now=store.clock())
        _wait_for_jobs(store, wait)
    print("maintenance mode is on; no job is running")


@app.command()
def off() -> None:
    """Turn maintenance mode off. The jobs start at their next interval."""
    with open_store() as store, store.sessions.begin() as session:
        was_on = maintenance.end(session)
    print("maintenance mode is off" if was_on else "maintenance mode was off already")


@app.command()
def status() -> None:
    """Print whether maintenance mode is on."""
    with open_store() as store, store.sessions() as session:
        mode = maintenance.find(session)
    print(f"on since {format_time(mode.since)}: {mode.reason}" if mode else "off")


def _wait_for_jobs(store: Store, seconds: float) -> None:
    end = time.monotonic() + seconds
    while True:
        with store.sessions() as session:
            running = maintenance.count_running(session)
        if not running:
            return
        if time.monotonic() > end:
            raise DatabaseError(
                f"Maintenance mode is on, but {running} jobs have not ended within {seconds:g} s; "
                "see samestory jobs status"
            )
        time.sleep(_INTERVAL)
