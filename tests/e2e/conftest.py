"""Fixture `shell`: runs the `samestory` command with a temporary data folder."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).parent / "samestory"


@dataclass(frozen=True, slots=True)
class Shell:
    """Starts the command with a data folder of its own."""

    data: Path

    def environment(self, **more: str) -> dict[str, str]:
        names = ("PATH", "HOME", "LANG", "OMP_NUM_THREADS")
        inherited = {name: os.environ[name] for name in names if name in os.environ}
        defaults = {
            "SAMESTORY_DATABASE__DATA_DIR": str(self.data),
            "SAMESTORY_WEB__PORT": "0",
            "HF_HUB_OFFLINE": "1",
            "PYTHONWARNINGS": "error::ResourceWarning",
        }
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
