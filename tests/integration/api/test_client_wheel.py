"""The client's wheel: it installs and imports without the service."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
#: Imports the client, then prints which modules of the service can be imported.
PROGRAM = """
import importlib.util
from samestory_client import Client
Client("http://127.0.0.1:1").close()
names = ["service", "jobs", "torch", "sqlalchemy", "pydantic"]
print([name for name in names if importlib.util.find_spec(name)])
"""


@pytest.mark.slow
def test_wheel_installs_and_imports_without_the_service(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT / "service" / "client", check=True, capture_output=True)
    [wheel] = tmp_path.glob("samestory_client-*.whl")
    top_level = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in top_level if not name.endswith(".dist-info")} == {"samestory_client"}
    venv.create(tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    install = subprocess.run(
        [*PIP, "--python", python, "install", "--quiet", "--retries", "0", str(wheel)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if install.returncode and "urllib3" in install.stderr:
        pytest.skip(f"pip cannot download urllib3: {install.stderr[-300:]}")
    assert install.returncode == 0, install.stderr
    done = subprocess.run(
        [python, "-I", "-c", PROGRAM], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
