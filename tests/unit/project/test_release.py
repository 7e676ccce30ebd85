"""The release routine, in a dry run on this repository."""

import hashlib
import subprocess
import zipfile
from datetime import date
from pathlib import Path

import pytest

from tests.support import release

DAY = date(2026, 11, 30)


def test_dry_run_builds_the_files_and_changes_nothing(tmp_path: Path):
    head = _git("rev-parse", "HEAD")
    commands = release.release("99.0.0", tmp_path, dry_run=True, day=DAY)
    assert commands[0] == "docker build --tag samestory:99.0.0 ."
    assert "git push origin HEAD v99.0.0" in commands
    service, client = sorted(tmp_path.glob("*.whl"))
    assert service.name == "samestory-99.0.0-py3-none-any.whl"
    assert client.name == "samestory_client-99.0.0-py3-none-any.whl"
    metadata = zipfile.ZipFile(service).read("samestory-99.0.0.dist-info/METADATA").decode()
    assert "Requires-Dist: samestory-client<99.1,>=99.0" in metadata
    assert (tmp_path / "NOTES.md").read_text("utf-8").startswith("### ")
    for line in (tmp_path / "SHA256SUMS").read_text("utf-8").splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    assert (_git("rev-parse", "HEAD"), _git("tag", "--list", "v99.0.0")) == (head, "")


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["/usr/bin/env", "git", *arguments],
        cwd=release.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_changelog_gets_the_version_and_a_new_section():
    text = (
        "# Changelog\n\n## Unreleased\n\n### Added\n\n- Fog.\n\n## 0.1.0 – 2026-01-01\n\n- All.\n"
    )
    changelog, notes = release.cut_changelog(text, "0.2.0", DAY)
    assert notes == "### Added\n\n- Fog.\n"
    assert "## Unreleased\n\n## 0.2.0 – 2026-11-30\n\n### Added" in changelog
    with pytest.raises(release.ReleaseError, match="no changes under Unreleased"):
        release.cut_changelog(changelog, "0.3.0", DAY)


@pytest.mark.parametrize("version", ["0.1.0", "0.0.9", "next"])
def test_version_must_be_newer(version: str):
    with pytest.raises(release.ReleaseError, match=f"{version} is n"):
        release.set_version('[project]\nversion = "0.1.0"\n', version)
