"""The floors of `floors.toml`: read, compared, raised, and lowered only for a stated reason."""

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

FILE = Path(__file__).parent / "floors.toml"
CHANGELOG = Path(__file__).parents[3] / "CHANGELOG.md"
#: A new floor lies so far below what was measured: processors differ in the last bits.
MARGIN = 0.01
#: So much of a file's SHA-256 is pinned.
DIGEST_CHARACTERS = 12
_STEP = 1000  # floors have three digits
_CHANGED = "### Changed\n\n"


@dataclass(frozen=True, slots=True)
class Floor:
    """What a set must reach: B-cubed F1, on the file whose SHA-256 begins so."""

    f1: float
    sha256: str


@dataclass(frozen=True, slots=True)
class Floors:
    """All floors by set, and how far a replay may stay behind the batch: of some sets further."""

    stream_loss: float
    sets: Mapping[str, Floor]
    wider: Mapping[str, float] = field(default_factory=dict)

    def loss(self, name: str) -> float:
        """How far the replay of a set may stay behind."""
        return self.wider.get(name, self.stream_loss)


class FloorError(Exception):
    """A floor would be lowered, or pinned to other data, without a reason."""


def load(path: Path = FILE) -> Floors:
    """Read a file of floors."""
    table = tomllib.loads(path.read_text("utf-8"))
    sets = {name: Floor(float(row["f1"]), row["sha256"]) for name, row in table["sets"].items()}
    return Floors(float(table["stream_loss"]), sets, table.get("wider_stream_loss", {}))


def below(f1: float) -> float:
    """The floor for a measured F1."""
    return math.floor((f1 - MARGIN) * _STEP + 1e-6) / _STEP


def moved(floors: Floors, measured: Mapping[str, Floor]) -> tuple[Floors, list[str]]:
    """The floors for what was measured, and a sentence for each that gets easier to reach.

    A floor that is reached never falls; one that is not, or that was set on another file, becomes
    what is measured now. Sets that were not measured keep theirs.
    """
    sets, easier = dict(floors.sets), []
    for name, found in measured.items():
        old, new = floors.sets.get(name), Floor(below(found.f1), found.sha256)
        if old and old.sha256 != found.sha256:
            easier.append(f"Quality floor of {name}: {old.f1:.3f}, on other data {new.f1:.3f}")
        elif old and found.f1 < old.f1:
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
    """Write the floors for what was measured; with a reason `lower` also lower ones.

    Raises:
        FloorError: a floor would get easier to reach, and there is no reason; nothing is written.
    """
    floors, easier = moved(load(path), measured)
    if easier and not lower.strip():
        raise FloorError("\n".join([*easier, 'Nothing was changed. Say why: LOWER="the reason"']))
    text = path.read_text("utf-8")
    path.write_text(text[: text.index("[sets.")] + "\n".join(_tables(floors)), "utf-8")
    noted = changelog.read_text("utf-8")
    for sentence in easier:
        noted = with_line(noted, f"- {sentence}: {' '.join(lower.split())}.")
    changelog.write_text(noted, "utf-8")


def with_line(changelog: str, line: str) -> str:
    """The changelog with one more line under "Changed" of its newest version."""
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
