"""Fixture `shell`: runs the `samestory` command with a temporary data folder."""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from service import cli
from tests.support.logging_state import restored_logging

COMMAND = Path(sys.executable).parent / "samestory"


@dataclass(frozen=True, slots=True)
class Shell:
    """Starts the command with a data folder of its own, or with a database."""

    data: Path
    database: str = ""

    def environment(self, **more: str) -> dict[str, str]:
        names = ("PATH", "HOME", "LANG", "OMP_NUM_THREADS")
        inherited = {name: os.environ[name] for name in names if name in os.environ}
        defaults = {
            "SAMESTORY_DATABASE__DATA_DIR": str(self.data),
            "SAMESTORY_WEB__PORT": "0",
            "HF_HUB_OFFLINE": "1",
            "PYTHONWARNINGS": "error::ResourceWarning",
        }
        if self.database:
            defaults["DATABASE_URL"] = self.database
        return inherited | defaults | more

    def run(
        self, *arguments: str, env: Mapping[str, str] | None = None, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *arguments],
            env=self.environment(**(env or {})),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def call(
        self, *arguments: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command in this process, which saves the time of its imports."""
        out, err, saved = io.StringIO(), io.StringIO(), dict(os.environ)
        os.environ.clear()
        os.environ.update(self.environment(**(env or {})))
        try:
            with restored_logging(), redirect_stdout(out), redirect_stderr(err):
                code = cli.run(arguments)
        finally:
            os.environ.clear()
            os.environ.update(saved)
        return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())

    def start(self, *arguments: Sequence[str] | str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [COMMAND, *map(str, arguments)],
            env=self.environment(**env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @contextmanager
    def serving_demo(self) -> Iterator[int]:
        """Run a demo, and yield the port of its pages."""
        process = self.start("demo")
        assert process.stdout is not None
        lines: list[str] = []
        try:
            for line in process.stdout:
                lines.append(line)
                if found := re.search(r"Open http://127\.0\.0\.1:(\d+)/", line):
                    break
            else:
                pytest.fail("".join(lines))
            yield int(found[1])
        finally:
            process.terminate()
            process.communicate(timeout=60)


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    folder = Path(tempfile.mkdtemp(prefix="samestory-e2e-"))
    folder.chmod(0o755)
    yield Shell(folder / "data")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def migrated_shell(new_database: Callable[[], str], shell: Shell) -> Shell:
    """A shell with a migrated database, which saves starts of the embedded server."""
    return Shell(shell.data, new_database())
