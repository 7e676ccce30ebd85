"""Freeze the processes of an embedded server, as a hung disk or a suspended machine would."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from service.store.database.data.directory import process_id
from service.store.database.embedded import EmbeddedServer


@contextmanager
def frozen(server: EmbeddedServer) -> Iterator[None]:
    """Stop all processes of a server inside the `with` block; they continue afterwards."""
    main = process_id(server.folder)
    assert main
    _signal([main], signal.SIGSTOP)  # first, so that no process starts meanwhile
    children = _children(main)
    _signal(children, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal([*children, main], signal.SIGCONT)


def _signal(processes: list[int], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def _children(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="utf-8")
    return [int(child) for child in children.split()]
