"""History of benchmark ratios and its plot."""

import json
from pathlib import Path

from lxml import etree

from tests.bench.comparison import FOLDER, Comparison
from tests.bench.history import HISTORY, PLOT, Record, add, draw, read


def record(commit: str, ratio: float) -> Record:
    comparison = Comparison("encode <100> articles", 1.0, "baseline", ratio)
    return Record.of([comparison], date="2026-11-30", commit=commit, python="3.11.7")


def test_record_of_a_commit_replaces_its_former_one(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    for commit, ratio in (("aaaaaaaa", 2.0), ("bbbbbbbb", 3.0), ("aaaaaaaa", 4.0)):
        add(record(commit, ratio), path)

    assert [(each.commit, [*each.ratios.values()]) for each in read(path)] == [
        ("bbbbbbbb", [3.0]),
        ("aaaaaaaa", [4.0]),
    ]


def test_plot_has_a_line_per_work_and_higher_ratios_are_higher() -> None:
    root = etree.fromstring(draw([record("a", 0.2), record("b", 20.0)]).encode())
    space = {"svg": "http://www.w3.org/2000/svg"}
    [line] = root.findall("svg:polyline", space)
    [(x1, y1), (x2, y2)] = (map(float, each.split(",")) for each in line.attrib["points"].split())

    assert (x1 < x2, y1 > y2) == (True, True)
    assert "encode <100> articles" in [each.text for each in root.findall("svg:text", space)]


def test_stored_plot_shows_the_stored_history() -> None:
    records = read(HISTORY)
    latest = json.loads((FOLDER / "short.json").read_text(encoding="utf-8"))["comparisons"]

    assert PLOT.read_text(encoding="utf-8") == draw(records)
    assert records[-1].ratios == {each["work"]: each["ratio"] for each in latest}
    assert all(each["ratio"] >= each["minimum"] for each in latest)
