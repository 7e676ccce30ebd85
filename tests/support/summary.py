"""Pytest plugin: lines of tests that are printed at the end of the run, also with pytest-xdist."""

from typing import Any

import pytest

#: Lines of this process, and the key under which an xdist worker sends them to the controller.
_LINES = pytest.StashKey[list[str]]()
_WORKER_KEY = "summary"


def show(config: pytest.Config, lines: list[str]) -> None:
    """Print these lines at the end of the run, after earlier ones."""
    config.stash.setdefault(_LINES, []).extend(lines)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send the lines to the controller; an xdist worker has no terminal summary."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output[_WORKER_KEY] = session.config.stash.get(_LINES, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Receive the lines of a worker; one that crashed sends none."""
    show(node.config, getattr(node, "workeroutput", {}).get(_WORKER_KEY, []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print all lines."""
    if lines := terminalreporter.config.stash.get(_LINES, []):
        terminalreporter.section("measured")
        terminalreporter.write_line("\n".join(lines))
