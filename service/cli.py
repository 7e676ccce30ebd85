"""Entry point of the `samestory` command line."""

import gc
import inspect
import os
import re
import signal
import sys
import threading
from collections.abc import Collection, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer

from service.commands.running import process_access
from service.embed import free_memory
from service.errors import NotFoundError, SamestoryError
from service.errors.redaction import redact_urls

#: Panels of the help with the import path of each command: a function or a Typer group.
PANELS = {
    "Run": {
        "demo": "service.commands.demo:demo",
        "up": "service.commands.running.up:up",
        "web": "service.commands.running.web:web",
        "jobs": "service.commands.jobs:app",
        "mcp": "service.commands.mcp:mcp",
    },
    "Content": {
        "feeds": "service.commands.feeds:app",
        "outlets": "service.commands.outlets:app",
        "stories": "service.commands.stories:app",
        "queries": "service.commands.queries:app",
        "export": "service.commands.export:export",
    },
    "Delivery": {
        "subscribers": "service.commands.subscribers:app",
        "digest": "service.commands.digest:app",
        "alerts": "service.commands.alerts:app",
        "webhooks": "service.commands.webhooks:app",
    },
    "Operation": {
        "doctor": "service.commands.setup.doctor:doctor",
        "config": "service.commands.setup.config:app",
        "db": "service.commands.database:app",
        "keys": "service.commands.keys:app",
        "maintenance": "service.commands.setup.maintenance:app",
        "capacity": "service.commands.capacity:capacity",
    },
    "Files and models": {
        "cluster": "service.commands.research.cluster:cluster",
        "evaluate": "service.commands.research.evaluate:evaluate",
        "explain": "service.commands.research.explain:explain",
        "train": "service.commands.research.train:train",
        "train-merges": "service.commands.research.train_merges:train_merges",
        "language-means": "service.commands.research.language_means:language_means",
    },
}
COMMANDS = {name for commands in PANELS.values() for name in commands}

#: Command that lists the objects of each kind.
LISTS = {
    "alert": "samestory alerts list",
    "decision": "samestory stories decisions",
    "feed": "samestory feeds list",
    "key": "samestory keys list",
    "outlet": "samestory outlets list",
    "saved query": "samestory queries list",
    "story": "samestory stories list",
    "subscriber": "samestory subscribers list",
    "webhook": "samestory webhooks list",
}


def build(arguments: Sequence[str]) -> typer.Typer:
    """Build the Typer app with the command in `arguments`, or with all commands if there is none.

    Modules of other commands are not imported, because some imports take seconds.
    """
    app = typer.Typer(
        help="Group news articles that report the same event into stories, and serve them.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    selected = _select_commands(arguments)
    for panel, paths in PANELS.items():
        for name, path in paths.items():
            if name not in selected:
                continue
            module, _, attribute = path.partition(":")
            command = getattr(import_module(module), attribute)
            if isinstance(command, typer.Typer):
                app.add_typer(command, name=name, rich_help_panel=panel)
            else:
                app.command(name, rich_help_panel=panel)(command)
    _join_help_lines(app)
    return app


def _join_help_lines(app: typer.Typer) -> None:
    """Join the lines of each paragraph of the help, because Typer keeps their line breaks."""
    for command in app.registered_commands:
        text = inspect.getdoc(command.callback) or ""
        command.help = re.sub(r"(?<!\n)\n(?!\n)", " ", text)
    for group in app.registered_groups:
        if group.typer_instance:
            _join_help_lines(group.typer_instance)


def _select_commands(arguments: Sequence[str]) -> Collection[str]:
    if "--version" in arguments[:1]:
        return ()
    name = next((argument for argument in arguments if not argument.startswith("-")), "")
    return {name} if name in COMMANDS else COMMANDS


def _print_version(requested: bool) -> None:
    if requested:
        print(f"samestory {version('samestory')}")
        raise typer.Exit


def _options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Group news articles that report the same event into stories, and serve them."""


def main() -> None:
    """Run a command and exit: 0 on success, 1 on an error, 2 on wrong usage.

    An error is one line on stderr.
    """
    # SystemExit runs the clean-up of open resources. Serving commands install their own handler.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    process_access.hide_from_own_user()
    free_memory.share_heaps()  # before the import of a command: NumPy starts threads
    free_memory.limit_kernels()
    code = run(sys.argv[1:])
    if threading.active_count() > 1:
        # A normal exit would wait for abandoned threads, and may hang at interpreter shutdown if a
        # daemon thread is inside a C library.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _build_without_collection(arguments: Sequence[str]) -> typer.Typer:
    """Build the app without garbage collection, which takes a tenth of the imports."""
    gc.disable()
    try:
        return build(arguments)
    finally:
        gc.enable()


def run(arguments: Sequence[str]) -> int:
    """Run a command in this process and return its exit code."""
    try:
        _build_without_collection(arguments)(arguments)
    except NotFoundError as error:
        print(f"samestory: {error.with_remedy(LISTS)}", file=sys.stderr)
        return 1
    except SamestoryError as error:
        print(f"samestory: {redact_urls(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader closed the pipe. Redirect stdout, because its final flush would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
