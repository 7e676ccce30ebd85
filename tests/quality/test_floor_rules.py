"""Rules for quality floors: raised automatically, lowered only with a reason in the changelog."""

import shutil
from pathlib import Path

import pytest

from tests.quality.report import floors
from tests.quality.report.floors import Floor, FloorError

CHANGELOG = """# Changelog

## Unreleased

### Added

- Something.

## 0.1.0

### Changed

- Something old.
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "floors.toml"
    sets = '[sets.one]\nf1 = 0.900\nsha256 = "a"\n\n[sets.two]\nf1 = 0.800\nsha256 = "b"\n'
    path.write_text(f"# Why.\nstream_loss = 0.015\ncalibration_error = 0.03\n\n{sets}", "utf-8")
    return path


@pytest.fixture
def changelog(tmp_path: Path) -> Path:
    path = tmp_path / "CHANGELOG.md"
    path.write_text(CHANGELOG, "utf-8")
    return path


def test_floor_rises_to_margin_below_measurement(file: Path, changelog: Path) -> None:
    floors.pin({"one": Floor(0.9512, "a")}, path=file, changelog=changelog)
    assert floors.load(file).sets == {"one": Floor(0.941, "a"), "two": Floor(0.8, "b")}
    assert file.read_text("utf-8").startswith("# Why.\nstream_loss = 0.015\n")
    assert changelog.read_text("utf-8") == CHANGELOG


def test_reached_floor_is_not_lowered(file: Path, changelog: Path) -> None:
    floors.pin({"one": Floor(0.901, "a")}, path=file, changelog=changelog)
    assert floors.load(file).sets["one"].f1 == 0.9


def test_new_set_gets_a_floor(file: Path, changelog: Path) -> None:
    floors.pin({"three": Floor(0.7, "c")}, path=file, changelog=changelog)
    assert floors.load(file).sets["three"] == Floor(0.69, "c")


@pytest.mark.parametrize("measured", [Floor(0.89, "a"), Floor(0.95, "other data")])
@pytest.mark.parametrize("reason", ["", "  "])
def test_lowering_or_changing_data_needs_a_reason(
    file: Path, changelog: Path, measured: Floor, reason: str
) -> None:
    before = file.read_text("utf-8")
    with pytest.raises(FloorError, match="set LOWER"):
        floors.pin({"one": measured, "two": Floor(0.9, "b")}, lower=reason, path=file)
    assert file.read_text("utf-8") == before
    assert changelog.read_text("utf-8") == CHANGELOG


def test_lowering_reason_is_added_to_the_changelog(file: Path, changelog: Path) -> None:
    measured = {"one": Floor(0.89, "a"), "two": Floor(0.9, "c")}
    floors.pin(measured, lower="the set\nwas corrected", path=file, changelog=changelog)
    assert floors.load(file).sets == {"one": Floor(0.88, "a"), "two": Floor(0.89, "c")}
    newest, older = changelog.read_text("utf-8").split("## 0.1.0")
    assert "- Quality floor of one: 0.900 lowered to 0.880: the set was corrected.\n" in newest
    assert "- Quality floor of two: 0.800, on other data 0.890: the set was corrected." in newest
    assert newest.index("### Changed") > newest.index("- Something.")
    assert older == CHANGELOG.split("## 0.1.0")[1]


def test_second_changelog_line_joins_the_section(changelog: Path) -> None:
    text = floors.add_changelog_line(
        floors.add_changelog_line(changelog.read_text("utf-8"), "- a"), "- b"
    )
    assert text.count("### Changed") == 2
    assert "### Changed\n\n- b\n- a\n" in text


def test_floors_file_round_trips(tmp_path: Path, changelog: Path) -> None:
    copy = Path(shutil.copy(floors.FILE, tmp_path / "copy.toml"))
    floors.pin({}, path=copy, changelog=changelog)
    assert floors.load(copy) == floors.load()
