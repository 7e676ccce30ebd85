"""docs/tutorials: each command and each program runs, in the order of the index."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.e2e.conftest import COMMAND, Shell
from tests.support import typescript

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FOLDER = Path(__file__).parents[3] / "docs" / "tutorials"
PAGES = re.findall(r"^\| \[.*?\]\((.*?)\)", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```(?:\n\n```output\n(.*?)^```)?", re.DOTALL | re.MULTILINE)
#: Ports in the tutorials: the demo, and a server of feeds.
DEMO_PORT, FEED_PORT = "8075", "8099"


@dataclass(slots=True)
class Reader:
    """Runs the blocks of pages in a folder, with the variables of earlier blocks."""

    shell: Shell
    folder: Path
    ports: dict[str, str]
    groups: list[int] = field(default_factory=list)  #: process groups of the blocks

    def run(self, program: str, *, language: str) -> str:
        """Run a block; returns its standard output."""
        for documented, port in self.ports.items():
            program = program.replace(documented, port)
        state = self.folder / "variables"
        state.touch()
        # With a problem, such as no feeds, this command exits with 1.
        program = program.replace("samestory doctor\n", "samestory doctor || test $? = 1\n")
        if language == "python":
            (self.folder / "program.py").write_text(program)
            program = f"{sys.executable} program.py"
        process = subprocess.Popen(
            ["/bin/bash", "-euc", f". ./variables\n{program}\nexport -p > variables"],
            cwd=self.folder,
            env=self.shell.environment(PATH=f"{COMMAND.parent}:{os.environ['PATH']}"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.groups.append(process.pid)
        output, errors = process.communicate(timeout=600)
        assert process.returncode == 0, f"{program}\n{output}\n{errors}"
        return output

    def stop(self) -> None:
        """End processes that blocks left in the background."""
        for group in self.groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


@pytest.fixture(scope="module")
def reader(shell: Shell, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader beside a running demo."""
    with shell.serving_demo() as port:
        ports = {DEMO_PORT: str(port), FEED_PORT: free_port()}
        reader = Reader(shell, tmp_path_factory.mktemp("tutorials"), ports)
        yield reader
        reader.stop()


@pytest.mark.parametrize("page", PAGES)
def test_each_block_runs(reader: Reader, page: str, tmp_path: Path):
    text = (FOLDER / page).read_text(encoding="utf-8")
    if "This tutorial continues" not in text:
        (reader.folder / "variables").unlink(missing_ok=True)
    blocks = BLOCK.findall(text)
    assert blocks
    for language, program, expected in blocks:
        if language in ("bash", "python"):
            pattern = ".*".join(map(re.escape, expected.strip().split("…")))
            output = reader.run(program, language=language)
            assert re.search(pattern, output, re.DOTALL), output
        elif language == "typescript" and not typescript.missing_tool():
            file = tmp_path / "program.ts"
            file.write_text(program)
            assert typescript.compile_with(typescript.generate(tmp_path / "types"), file) == ""


def test_every_page_is_in_the_index():
    assert sorted(PAGES) == sorted(page.name for page in FOLDER.glob("[!R]*.md"))
    assert len(PAGES) == 8
