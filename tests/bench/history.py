"""History of benchmark ratios, and its plot: `docs/benchmarks/history.jsonl` and `history.svg`.

`python -m tests.bench.history` draws the plot again.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Self

from tests.bench.comparison import FOLDER, Comparison

HISTORY, PLOT = FOLDER / "history.jsonl", FOLDER / "history.svg"
#: Pixels: size of the picture, margins of the plot, and distance of the lines of the legend.
_WIDTH, _HEIGHT = 860, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 330, 20, 50
_LINE = 18
#: Colours of Okabe and Ito, which people with colour blindness can distinguish.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")


@dataclass(frozen=True, slots=True)
class Record:
    """Ratios of one commit, by the work that they measure."""

    date: str  #: of the measurement, ISO 8601
    commit: str
    python: str
    ratios: dict[str, float]

    @classmethod
    def of(cls, comparisons: Sequence[Comparison], *, date: str, commit: str, python: str) -> Self:
        return cls(date, commit, python, {each.work: round(each.ratio, 3) for each in comparisons})


def read(path: Path = HISTORY) -> list[Record]:
    """Read all records, the oldest first."""
    if not path.exists():
        return []
    return [Record(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def add(record: Record, path: Path = HISTORY) -> list[Record]:
    """Add a record, which replaces an earlier one of the same commit; returns all records."""
    records = [each for each in read(path) if each.commit != record.commit] + [record]
    lines = (json.dumps(asdict(each)) + "\n" for each in records)
    path.write_text("".join(lines), encoding="utf-8")
    return records


def draw(records: Sequence[Record]) -> str:
    """Draw a line for each work on a logarithmic scale, as SVG; at least one record is needed."""
    works = list(dict.fromkeys(work for record in records for work in record.ratios))
    values = [ratio for record in records for ratio in record.ratios.values()]
    scale = _Scale(
        len(records), math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    )
    parts = [*_axes(scale, records)]
    for number, work in enumerate(works):
        points = [
            (scale.x(at), scale.y(record.ratios[work]))
            for at, record in enumerate(records)
            if work in record.ratios
        ]
        parts += _series(work, points, _COLOURS[number % len(_COLOURS)], _TOP + 12 + number * _LINE)
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
    style = 'font-family="sans-serif" font-size="11"'
    title = "<title>Benchmark ratios by commit</title>"
    background = '<rect width="100%" height="100%" fill="#fff"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>'
    return "\n".join([head, title, background, *parts, "</svg>", ""])


@dataclass(frozen=True, slots=True)
class _Scale:
    """Positions in the plot; `low` and `high` are powers of ten."""

    records: int
    low: int
    high: int

    def x(self, record: int) -> float:
        width = _WIDTH - _LEFT - _RIGHT
        return round(_LEFT + width * (record + 0.5) / self.records, 1)

    def y(self, ratio: float) -> float:
        height = _HEIGHT - _TOP - _BOTTOM
        share = (math.log10(ratio) - self.low) / max(self.high - self.low, 1)
        return round(_TOP + height * (1 - share), 1)


def _axes(scale: _Scale, records: Sequence[Record]) -> Iterator[str]:
    right = _WIDTH - _RIGHT
    for power in range(scale.low, scale.high + 1):
        y = scale.y(10.0**power)
        yield f'<line x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}" stroke="#ccc"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{10.0**power:g}</text>'
    for at, record in enumerate(records):
        x, y = scale.x(at), _HEIGHT - _BOTTOM + 16
        yield f'<text x="{x}" y="{y}" text-anchor="middle">{escape(record.date)}</text>'
        yield f'<text x="{x}" y="{y + 14}" text-anchor="middle">{escape(record.commit)}</text>'


def _series(
    work: str, points: Sequence[tuple[float, float]], colour: str, legend: int
) -> Iterator[str]:
    line = " ".join(f"{x},{y}" for x, y in points)
    yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for x, y in points:
        yield f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>'
    left = _WIDTH - _RIGHT + 16
    yield f'<rect x="{left}" y="{legend - 9}" width="10" height="10" fill="{colour}"/>'
    yield f'<text x="{left + 16}" y="{legend}">{escape(work)}</text>'


if __name__ == "__main__":
    PLOT.write_text(draw(read()), encoding="utf-8")
