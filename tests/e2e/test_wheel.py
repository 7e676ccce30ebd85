"""The wheel: its contents, and loading of configuration and samples from it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    [path] = folder.glob("samestory-*.whl")
    return zipfile.ZipFile(path)


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
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        str(tmp_path / "service" / "data" / folder) for folder in ("config", "seeds")
    ]
