"""Time until a command ends, compared with the start of Python or the loading of the encoder."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.comparison import Comparison, compare_cpu

_COMMAND = str(Path(sys.executable).with_name("samestory"))
_LOAD_ENCODER = (
    "from service.embed.loader import load_encoder; from service.settings import load;"
    " load_encoder(load.load({}).embed)"
)


def compare_version(*, minimum: float = 0.0, rounds: int = 5) -> Comparison:
    """`samestory --version`; target: at most .2 s more than Python."""
    return compare_cpu(
        ("samestory --version", lambda: _run(_COMMAND, "--version")),
        ("python -c pass", lambda: _run(sys.executable, "-c", "pass")),
        minimum=minimum,
        rounds=rounds,
    )


def compare_commands(rounds: int) -> list[Comparison]:
    """`feeds list` beside a running server, and `cluster` of 100 articles."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_articles(folder / "in.jsonl", 100)
        return [
            compare_cpu(
                ("samestory feeds list", lambda: _run(_COMMAND, "feeds", "list", home=folder)),
                ("python -c pass", lambda: _run(sys.executable, "-c", "pass")),
                rounds=rounds,
            ),
            compare_cpu(
                (
                    "samestory cluster, 100 articles",
                    lambda: _run(
                        _COMMAND,
                        "cluster",
                        str(folder / "in.jsonl"),
                        "-o",
                        str(folder / "out.jsonl"),
                    ),
                ),
                ("import and load the encoder", lambda: _run(sys.executable, "-c", _LOAD_ENCODER)),
                target=1 / 1.3,
                rounds=rounds,
            ),
        ]


def _write_articles(path: Path, count: int) -> None:
    lines = (
        f'{{"id": "{row}", "title": "Ferry {row // 4} runs aground near port {row // 4}"}}\n'
        for row in range(count)
    )
    path.write_text("".join(lines), encoding="utf-8")


def _run(*arguments: str, home: Path | None = None) -> None:
    environment = os.environ | ({"HOME": str(home)} if home else {})
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, env=environment)
