"""Release routine: `python -m tests.support.release VERSION [--dry-run]`, or `make release`.

All steps run in a new clone of the last commit. Only if all succeed, the commit and the tag of the
release come into this repository. Nothing is published: the routine prints the commands for it.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Files that contain the version of the release.
PROJECTS = ("pyproject.toml", "service/client/pyproject.toml")
_VERSION = re.compile(r'^version = "(.*)"$', re.MULTILINE)
_CLIENT = re.compile(r"samestory-client>=[\d.]+,<[\d.]+")
_UNRELEASED = re.compile(r"^## Unreleased\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


class ReleaseError(Exception):
    """A release is not possible; the message gives the reason."""


def set_version(project: str, version: str) -> str:
    """Set the version of a `pyproject.toml`, and the versions of the client that it allows.

    Raises:
        ReleaseError: the version is not newer than the present one.
    """
    present = _VERSION.findall(project)[0]
    if _numbers(version) <= _numbers(present):
        raise ReleaseError(f"{version} is not newer than {present}")
    major, minor, _ = _numbers(version)
    client = f"samestory-client>={major}.{minor},<{major}.{minor + 1}"
    return _CLIENT.sub(client, _VERSION.sub(f'version = "{version}"', project, count=1))


def _numbers(version: str) -> tuple[int, int, int]:
    if not (parts := re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", version)):
        raise ReleaseError(f"{version} is no version such as 0.2.0")
    return int(parts[1]), int(parts[2]), int(parts[3])


def cut_changelog(changelog: str, version: str, day: date) -> tuple[str, str]:
    """Give the unreleased changes a version; return the changelog and the notes of the release.

    Raises:
        ReleaseError: there are no unreleased changes.
    """
    found = _UNRELEASED.search(changelog)
    if not found or not found[1].strip():
        raise ReleaseError("CHANGELOG.md has no changes under Unreleased")
    heading = f"## Unreleased\n\n## {version} – {day.isoformat()}\n"
    changed = changelog[: found.start()] + heading + found[1] + changelog[found.end() :]
    return changed, found[1].strip() + "\n"


def prepare(clone: Path, version: str, day: date) -> str:
    """Write version and changelog of a clone; commit and tag them; return the notes."""
    for name in PROJECTS:
        file = clone / name
        file.write_text(set_version(file.read_text("utf-8"), version), encoding="utf-8")
    file = clone / "CHANGELOG.md"
    changelog, notes = cut_changelog(file.read_text("utf-8"), version, day)
    file.write_text(changelog, encoding="utf-8")
    _run(clone, "git", "commit", "--quiet", "--all", f"--message=Release {version}")
    _run(clone, "git", "tag", "--annotate", f"v{version}", f"--message=samestory {version}")
    return notes


def build(clone: Path, folder: Path, notes: str) -> list[Path]:
    """Build both wheels and the types of the API; write them, the notes and digests to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for project in (clone, clone / "service" / "client"):
        command = ("-m", "hatchling", "build", "-t", "wheel", "-d", str(folder.resolve()))
        _run(project, sys.executable, *command)
    (folder / "NOTES.md").write_text(notes, encoding="utf-8")
    files = sorted(each for each in folder.iterdir() if each.name != "SHA256SUMS")
    digests = [f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}\n" for each in files]
    (folder / "SHA256SUMS").write_text("".join(digests), encoding="utf-8")
    return files


def release(version: str, folder: Path, *, dry_run: bool, day: date) -> list[str]:
    """Make a release; return the commands that complete it.

    A dry run builds the files, and leaves this repository and Docker alone.

    Raises:
        ReleaseError: the version or the state of the repository does not allow a release.
    """
    if not dry_run and _run(ROOT, "git", "status", "--porcelain"):
        raise ReleaseError("There are changes that are not committed")
    image = f"samestory:{version}"
    with tempfile.TemporaryDirectory(prefix="samestory-release-") as temporary:
        clone = Path(temporary) / "clone"
        _run(ROOT, "git", "clone", "--quiet", "--shared", str(ROOT), str(clone))
        for name in ("user.name", "user.email"):  # of this repository, if it has its own
            value = _run(ROOT, "git", "config", "--default", "release", "--get", name).strip()
            _run(clone, "git", "config", name, value)
        notes = prepare(clone, version, day)
        build(clone, folder, notes)
        commands = [f"git push origin HEAD v{version}", f"twine upload {folder}/*.whl"]
        commands.append(f"docker push {image} # with the name of your registry")
        if dry_run:
            return [f"docker build --tag {image} .", *commands]
        if shutil.which("docker"):
            _run(clone, "docker", "build", "--tag", image, ".")
        else:
            commands.insert(0, f"docker build --tag {image} . # Docker is not installed here")
        branch = _run(clone, "git", "branch", "--show-current").strip()
        _run(ROOT, "git", "pull", "--quiet", "--ff-only", "--tags", str(clone), branch)
    return commands


def _run(folder: Path, *command: str) -> str:
    """Run a command and return its output; raises ReleaseError if it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def main(arguments: Sequence[str]) -> int:
    """Run the routine; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "release")
    given = parser.parse_args(arguments)
    today = datetime.now(UTC).date()
    try:
        commands = release(given.version, given.folder, dry_run=given.dry_run, day=today)
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"Files of the release: {given.folder}", "Publish it:", *commands, sep="\n  ")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
