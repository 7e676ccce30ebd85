"""The wheel: its contents, and the command with configuration and samples from it."""

import subprocess
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    [path] = folder.glob("samestory-*.whl")
    return zipfile.ZipFile(path)


def run(program: str, folder: Path) -> list[str]:
    """Run a program that imports from a folder; returns the words that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_wheel_installs_no_top_level_folder_besides_its_packages(wheel: zipfile.ZipFile):
    top_level = {name.split("/")[0] for name in wheel.namelist()}
    assert {name for name in top_level if not name.endswith(".dist-info")} == {"service", "jobs"}


def test_wheel_leaves_the_client_to_its_own_distribution(wheel: zipfile.ZipFile):
    assert not [name for name in wheel.namelist() if name.startswith("service/client")]


def test_command_reads_configuration_and_samples_from_the_wheel(
    wheel: zipfile.ZipFile, tmp_path: Path
):
    wheel.extractall(tmp_path)
    program = (
        "from service.settings import load, paths\n"
        "print(paths.CONFIG_DIR, paths.SEEDS_DIR)\n"
        "assert load.load({}).web.port\n"
        "assert (paths.SEEDS_DIR / 'feeds.opml').exists()\n"
    )
    assert run(program, tmp_path) == [
        str(tmp_path / "service" / "data" / folder) for folder in ("config", "seeds")
    ]


def test_installed_command_shows_its_version(wheel: zipfile.ZipFile, tmp_path: Path):
    wheel.extractall(tmp_path)
    [distribution] = distributions(name="samestory", path=[str(tmp_path)])
    [command] = distribution.entry_points
    assert command.name == "samestory"
    program = (
        f"import sys; sys.argv = ['samestory', '--version']\n"
        f"import {command.module} as module\n"
        f"print(module.__file__, flush=True); module.{command.attr}()\n"
    )
    assert run(program, tmp_path) == [
        str(tmp_path / "service" / "cli.py"),
        *("samestory", distribution.version),
    ]
