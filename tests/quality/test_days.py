"""Labels of two real days of feeds, and the labelled files built from them."""

import json
import re
from pathlib import Path

import pytest

from service.commands.research import jsonl
from tests.quality.sets.days import LABELS, write_days

FILES = sorted(LABELS.glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_labels_contain_no_publisher_text(path: Path) -> None:
    for key, label in json.loads(path.read_text("utf-8")).items():
        assert re.fullmatch(r"[0-9a-f]{16}", key)
        assert label.keys() == {"story", "storyline"}
        for name in label.values():
            assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+){0,5}", name), name


@pytest.mark.data
def test_labelled_days_are_deterministic(shared_data: Path, tmp_path: Path) -> None:
    feeds = shared_data / "feeds" / "outlets"
    if not feeds.is_dir():
        pytest.skip(f"no folder {feeds}")
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        assert [path.stem for path in write_days(feeds, folder)] == [path.stem for path in FILES]
    for path in FILES:
        name = f"{path.stem}.jsonl"
        assert (first / name).read_bytes() == (second / name).read_bytes()
        lines = jsonl.read_lines(str(first / name))
        assert len(lines) == len(json.loads(path.read_text("utf-8")))
        assert all(line.values["published"] and line.values["title"] for line in lines)
