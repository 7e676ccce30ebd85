"""The `samestory` command."""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer

from service.errors import SamestoryError

#: Each command, and the module that holds it as a function or a group of commands.
COMMANDS = {
    "demo": "service.commands.demo:demo",
    "up": "service.commands.running.up:up",
    "web": "service.commands.running.web:web",
    "jobs": "service.commands.jobs:app",
    "stories": "service.commands.stories:app",
    "feeds": "service.commands.feeds:app",
    "outlets": "service.commands.outlets:app",
    "subscribers": "service.commands.subscribers:app",
    "webhooks": "service.commands.webhooks:app",
    "alerts": "service.commands.alerts:app",
    "digest": "service.commands.digest:app",
    "keys": "service.commands.keys:app",
    "mcp": "service.commands.mcp:mcp",
    "db": "service.commands.database:app",
    "cluster": "service.commands.research.cluster:cluster",
    "evaluate": "service.commands.research.evaluate:evaluate",
    "explain": "service.commands.research.explain:explain",
    "train": "service.commands.research.train:train",
    "centres": "service.commands.research.language_means:centres",
}


def build(arguments: Sequence[str]) -> typer.Typer:
    """The program with the command that is called, or with all of them if it is none of these.

    Modules of other commands are not loaded: some take seconds.
    """
    app = typer.Typer(
        help="Finds which news articles report the same event, and serves the stories.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for name in _wanted(arguments):
        module, _, attribute = COMMANDS[name].partition(":")
        command = getattr(import_module(module), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def _wanted(arguments: Sequence[str]) -> Sequence[str]:
    if "--version" in arguments[:1]:
        return []
    called = next((word for word in arguments if not word.startswith("-")), "")
    return [called] if called in COMMANDS else list(COMMANDS)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"samestory {version('samestory')}")
        raise typer.Exit


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
    code = _run(sys.argv[1:])
    if threading.active_count() > 1:
        # Python would wait for threads that were given up, however long they take, and may hang
        # over daemon threads that are within a library when it takes itself apart.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _run(arguments: Sequence[str]) -> int:
    """Run a command; its exit code."""
    try:
        build(arguments)()
    except SamestoryError as error:
        print(f"samestory: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader of our output left; Python would complain again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
