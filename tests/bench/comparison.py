"""Comparisons of a piece of work with its baseline, their table, and their JSON file."""

import json
import os
import platform
import resource
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Seconds of a piece of work and of its baseline.

    The minimum is the ratio below which CI fails, the target the ratio to reach; 0 without one.
    """

    work: str
    seconds: float
    baseline: str
    baseline_seconds: float
    minimum: float = 0.0
    target: float = 0.0

    @property
    def ratio(self) -> float:
        return self.baseline_seconds / self.seconds


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of a call, in this process and in child processes that end in it."""
    before = _used()
    work()
    return _used() - before


def compare_cpu(
    work: tuple[str, Callable[[], object]],
    baseline: tuple[str, Callable[[], object]],
    *,
    minimum: float = 0.0,
    target: float = 0.0,
    rounds: int = 3,
) -> Comparison:
    """Measure both sides in turn, and return the round with the median ratio.

    CPU time depends less on other processes than elapsed time.
    """
    measured = [
        Comparison(
            work[0],
            cpu_seconds(work[1]),
            baseline[0],
            cpu_seconds(baseline[1]),
            minimum=minimum,
            target=target,
        )
        for _ in range(rounds)
    ]
    median = statistics.median_low(each.ratio for each in measured)
    return next(each for each in measured if each.ratio == median)


def print_table(comparisons: Sequence[Comparison]) -> None:
    """Print the comparisons with their ratios."""
    table = Table(title="Ratios baseline / work; higher is better", title_justify="left")
    numbers = ("s", "s ", "ratio", "minimum", "target")
    for name in ("work", "s", "baseline", "s ", "ratio", "minimum", "target"):
        table.add_column(name, justify="right" if name in numbers else "left")
    for each in comparisons:
        table.add_row(
            each.work,
            f"{each.seconds:.2f}",
            each.baseline,
            f"{each.baseline_seconds:.2f}",
            f"{each.ratio:.2f}",
            f"{each.minimum:.2f}" if each.minimum else "",
            f"{each.target:.2f}" if each.target else "",
        )
    Console(width=140).print(table)


def write_json(name: str, comparisons: Sequence[Comparison], **more: object) -> None:
    """Write comparisons, the environment and further values to `docs/benchmarks/NAME.json`."""
    FOLDER.mkdir(exist_ok=True)
    rows = [asdict(each) | {"ratio": each.ratio} for each in comparisons]
    rounded = [
        {key: round(value, 3) if isinstance(value, float) else value for key, value in row.items()}
        for row in rows
    ]
    content = {"environment": _environment(), "comparisons": rounded, **more}
    (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _environment() -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS", "not limited"),
    }


def _used() -> float:
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
