"""The `samestory` command."""

import os
import signal
import sys
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import click
import typer
import typer.core
import typer.main

from service.errors import SamestoryError

#: Each command and where it lives; imported when it is called, since some take seconds to load.
COMMANDS = {
    "demo": "service.commands.demo",
    "up": "service.commands.up",
    "web": "service.commands.web",
    "jobs": "service.commands.jobs",
    "feeds": "service.commands.feeds",
    "db": "service.commands.database",
    "cluster": "service.commands.cluster",
    "evaluate": "service.commands.evaluate",
    "explain": "service.commands.explain",
    "train": "service.commands.train",
}


class LazyCommands(typer.core.TyperGroup):
    """Loads the module of a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command = typer.main.get_command(import_module(COMMANDS[cmd_name]).app)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=LazyCommands,
    help="Finds which news articles report the same event, and serves the stories.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"samestory {version('samestory')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[  # its callback does the work
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Finds which news articles report the same event, and serves the stories."""


def main() -> None:
    """Run a command: 0 done, 1 failed with one line on standard error, 2 wrong usage."""
    # As an exception, so that whatever is open is closed; the daemon sets a handler of its own.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        app()
    except SamestoryError as error:
        print(f"samestory: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except BrokenPipeError:
        # The reader of our output left; Python would complain again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
