"""Quality floors in `floors.toml`: reading, raising, and lowering with a stated reason."""

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

FILE = Path(__file__).parent / "floors.toml"
CHANGELOG = Path(__file__).parents[3] / "CHANGELOG.md"
#: Distance of a new floor below the measured F1, because processors differ in the last bits.
MARGIN = 0.01
#: Leading characters of a file's SHA-256 that are pinned.
DIGEST_CHARACTERS = 12
_STEP = 1000  # floors have three digits
_CHANGED = "### Changed\n\n"


@dataclass(frozen=True, slots=True)
class Floor:
    """Minimum B-cubed F1 of a set, and the beginning of its file's SHA-256."""

    f1: float
    sha256: str


@dataclass(frozen=True, slots=True)
class Floors:
    """All floors by set, the maximum F1 loss of a replay, and the maximum calibration error.

    left_out: by profile, floors of days that are left out of training, and of their "mean".
    left_out_stream_loss: maximum loss of such days, if not `stream_loss`.
    """

    stream_loss: float
    calibration_error: float
    sets: Mapping[str, Floor]
    left_out: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    left_out_stream_loss: Mapping[str, float] = field(default_factory=dict)


class FloorError(Exception):
    """A floor would be lowered or pinned to other data without a reason."""


def load(path: Path = FILE) -> Floors:
    """Read the floors from a TOML file."""
    table = tomllib.loads(path.read_text("utf-8"))
    sets = {name: Floor(float(row["f1"]), row["sha256"]) for name, row in table["sets"].items()}
    return Floors(
        float(table["stream_loss"]),
        float(table["calibration_error"]),
        sets,
        table.get("left_out", {}),
        table.get("left_out_stream_loss", {}),
    )


def floor_for(f1: float) -> float:
    """The floor for a measured F1."""
    return math.floor((f1 - MARGIN) * _STEP + 1e-6) / _STEP


def updated_floors(floors: Floors, measured: Mapping[str, Floor]) -> tuple[Floors, list[str]]:
    """Floors for new measurements, and a sentence for each floor that becomes easier to reach.

    A reached floor is raised, never lowered; a missed floor, or one that was set on another file,
    is replaced. Floors of other sets do not change.
    """
    sets, easier = dict(floors.sets), []
    for name, quality in measured.items():
        old, new = floors.sets.get(name), Floor(floor_for(quality.f1), quality.sha256)
        if old and old.sha256 != quality.sha256:
            easier.append(f"Quality floor of {name}: {old.f1:.3f}, on other data {new.f1:.3f}")
        elif old and quality.f1 < old.f1:
            easier.append(f"Quality floor of {name}: {old.f1:.3f} lowered to {new.f1:.3f}")
        elif old:
            new = max(old, new, key=lambda floor: floor.f1)
        sets[name] = new
    return replace(floors, sets=sets), easier


def pin(
    measured: Mapping[str, Floor],
    *,
    lower: str = "",
    path: Path = FILE,
    changelog: Path = CHANGELOG,
) -> None:
    """Write the floors for new measurements; `lower` is the reason for lowering floors.

    Raises:
        FloorError: a floor would become easier to reach and no reason is given; nothing is written.
    """
    floors, easier = updated_floors(load(path), measured)
    if easier and not lower.strip():
        raise FloorError("\n".join([*easier, 'No floor was changed: set LOWER="the reason"']))
    text = path.read_text("utf-8")
    path.write_text(text[: text.index("[sets.")] + "\n".join(_tables(floors)), "utf-8")
    updated = changelog.read_text("utf-8")
    for sentence in easier:
        updated = add_changelog_line(updated, f"- {sentence}: {' '.join(lower.split())}.")
    changelog.write_text(updated, "utf-8")


def add_changelog_line(changelog: str, line: str) -> str:
    """Add a line under "Changed" of the newest version in a changelog."""
    start = changelog.index("\n## ") + 1
    end = changelog.find("\n## ", start)
    newest, older = (changelog[start:], "") if end < 0 else (changelog[start:end], changelog[end:])
    if _CHANGED in newest:
        newest = newest.replace(_CHANGED, f"{_CHANGED}{line}\n", 1)
    else:
        newest = f"{newest.rstrip()}\n\n{_CHANGED}{line}\n"
    return changelog[:start] + newest + older


def _tables(floors: Floors) -> Iterator[str]:
    for name, floor in floors.sets.items():
        yield f'[sets.{name}]\nf1 = {floor.f1:.3f}\nsha256 = "{floor.sha256}"\n'
