"""The lock files pin every dependency of pyproject.toml, each with hashes."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
#: The build of PyTorch depends on the machine; the client is a folder of this repository.
UNLOCKED = {"torch", "samestory-client"}


def _requirements(*extras: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


def _pins(file: str) -> list[Requirement]:
    text = (ROOT / file).read_text(encoding="utf-8")
    lines = re.findall(r"^[A-Za-z0-9].*$", text, flags=re.MULTILINE)
    return [Requirement(line.removesuffix("\\").strip()) for line in lines]


@pytest.mark.parametrize(
    ("file", "extras"),
    [
        ("requirements.lock", ()),
        ("requirements-dev.lock", ("dev",)),
    ],
)
def test_lock_file_satisfies_every_requirement(file: str, extras: tuple[str, ...]):
    pinned: dict[str, list[str]] = {}
    for pin in _pins(file):
        [specifier] = pin.specifier
        pinned.setdefault(canonicalize_name(pin.name), []).append(specifier.version)
    for requirement in _requirements(*extras):
        name = canonicalize_name(requirement.name)
        if name not in UNLOCKED:
            assert name in pinned, f"{file} does not pin {name}: run `make lock`"
            assert all(requirement.specifier.contains(version) for version in pinned[name]), name


def test_lock_file_of_the_documentation_satisfies_its_group():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pinned = {canonicalize_name(pin.name): pin for pin in _pins("requirements-docs.lock")}
    development = {canonicalize_name(pin.name): pin for pin in _pins("requirements-dev.lock")}
    for requirement in map(Requirement, project["dependency-groups"]["docs"]):
        [specifier] = pinned[canonicalize_name(requirement.name)].specifier
        assert requirement.specifier.contains(specifier.version)
    # Both are installed into one environment.
    for name in pinned.keys() & development.keys():
        assert pinned[name].specifier == development[name].specifier, name


@pytest.mark.parametrize(
    "file", ["requirements.lock", "requirements-dev.lock", "requirements-docs.lock"]
)
def test_every_pin_has_a_hash(file: str):
    text = (ROOT / file).read_text(encoding="utf-8")
    pins = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert pins
    assert all("--hash=sha256:" in pin for pin in pins)
