"""Labels of headlines in several languages, and the labelled files built from them."""

import json
import re
from pathlib import Path

import pytest

from service.commands.research import jsonl
from tests.quality.sets.headlines import ENGLISH, LABELS, SOURCE, load_labels, set_names, write

FILES = sorted(LABELS.glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_labels_contain_no_headline(path: Path) -> None:
    for key, label in json.loads(path.read_text("utf-8")).items():
        assert re.fullmatch(r"os-\d+", key)
        assert label.keys() == {"story", "lang"}
        assert re.fullmatch(r"[a-z]{2}", label["lang"])
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+){0,7}", label["story"]), label["story"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_stories_cross_languages(path: Path) -> None:
    languages_of: dict[str, set[str]] = {}
    for label in load_labels(path.stem).values():
        languages_of.setdefault(label["story"], set()).add(label["lang"])
    assert sum(len(languages) > 1 for languages in languages_of.values()) > 10


@pytest.mark.data
@pytest.mark.parametrize("name", set_names())
def test_set_contains_the_labelled_headlines(name: str, shared_data: Path, tmp_path: Path) -> None:
    if not (shared_data / SOURCE).is_file():
        pytest.skip(f"no file {shared_data / SOURCE}")
    write(name, shared_data, tmp_path / "set.jsonl")
    rows = [line.values for line in jsonl.read_lines(str(tmp_path / "set.jsonl"))]
    labels = load_labels(name)
    assert {row["id"]: row["story"] for row in rows} == {
        key: label["story"] for key, label in labels.items()
    }
    assert all(row["title"] and row["published"] and not row.get("lang") for row in rows)
    english = {label["lang"] for label in labels.values()} == {"en"}
    assert english == name.endswith(ENGLISH)
