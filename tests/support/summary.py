"""Lines that a test wants shown at the end of the run, whichever process it ran in."""

from typing import Any

import pytest

#: Where a process keeps the lines that it was given; the key under which a worker hands them on.
_LINES = pytest.StashKey[list[str]]()
_HANDED_ON = "summary"


def show(config: pytest.Config, lines: list[str]) -> None:
    """Show these lines at the end, after all that was shown so before."""
    config.stash.setdefault(_LINES, []).extend(lines)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist has no end of its own to show anything at."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output[_HANDED_ON] = session.config.stash.get(_LINES, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker hands on; one that crashed hands on nothing."""
    show(node.config, getattr(node, "workeroutput", {}).get(_HANDED_ON, []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what there is."""
    if lines := terminalreporter.config.stash.get(_LINES, []):
        terminalreporter.section("measured")
        terminalreporter.write_line("\n".join(lines))
