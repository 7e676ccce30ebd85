from pathlib import Path

import pytest

from service.commands.research.train_merges import TrainingSet, read_sets
from service.errors import BadInputError, SettingsError
from service.settings.paths import CONFIG_DIR

SET = '[[sets]]\nfiles = ["a.jsonl"]\n'


def test_shipped_sets_can_be_read() -> None:
    sets = read_sets(CONFIG_DIR / "merge_sets.toml")
    assert TrainingSet(("galaxy.jsonl",), 1.0) in sets


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no labelled sets"),
        ("sets = 1", "no labelled sets"),
        ("sets = [1]", "set 1: expected files and weight"),
        (SET, "set 1: expected files and weight"),
        (f"{SET}weight = 1\nheight = 2", "set 1: expected files and weight"),
        (f'{SET}weight = "much"', "set 1: weight: expected a number"),
        (f"{SET}weight = -1", "weights of 0 or more"),
        (f"{SET}weight = nan", "weights of 0 or more"),
        (f"{SET}weight = inf", "weights of 0 or more"),
        ("[[sets]]\nfiles = []\nweight = 1", "at least one file"),
    ],
)
def test_invalid_sets_are_rejected(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "sets.toml"
    path.write_text(text)
    with pytest.raises(BadInputError, match=message) as error:
        read_sets(path)
    assert str(path) in str(error.value)


def test_missing_file_of_sets_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml"):
        read_sets(tmp_path / "none.toml")
