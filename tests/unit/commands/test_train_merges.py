from pathlib import Path

import pytest

from service.commands.research.train_merges import TrainingSet, find_file, read_sets
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


def test_labelled_file_is_taken_from_the_first_folder_that_has_it(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (second / "a.jsonl").touch()
    assert find_file("a.jsonl", [first, second]) == str(second / "a.jsonl")
    with pytest.raises(BadInputError, match=r"b\.jsonl: not found in .*first, .*second"):
        find_file("b.jsonl", [first, second])


def test_missing_file_of_sets_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml"):
        read_sets(tmp_path / "none.toml")
