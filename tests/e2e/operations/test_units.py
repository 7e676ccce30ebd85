"""systemd units: valid files, migrations at each start, and commands with the same settings."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import COMMAND

ROOT = Path(__file__).parents[3]
UNITS = sorted((ROOT / "config" / "systemd").iterdir())
SCRIPT = ROOT / "config" / "samestory-as-service.sh"


def options(unit: str) -> list[tuple[str, str]]:
    """Names and values of all options of a unit."""
    content = (ROOT / "config" / "systemd" / unit).read_text("utf-8")
    return re.findall(r"^(\w+)=(.*)$", content, re.MULTILINE)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_units_are_valid(tmp_path: Path):
    for unit in UNITS:
        content = unit.read_text("utf-8").replace("/opt/samestory/bin/samestory", str(COMMAND))
        (tmp_path / unit.name).write_text(content, encoding="utf-8")
    files = [str(tmp_path / unit.name) for unit in UNITS]
    command = [str(shutil.which("systemd-analyze")), "verify", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "unit", ["samestory.service", "samestory-web.service", "samestory-jobs.service"]
)
def test_each_start_of_a_service_runs_the_migrations(unit: str):
    service, migrate = options(unit), options("samestory-migrate.service")
    start = "+/usr/bin/systemctl start samestory-migrate.service"
    assert ("ExecStartPre", start) in service
    # A unit that stays active would run only once.
    assert ("Type", "oneshot") in migrate
    assert "RemainAfterExit" not in dict(migrate)
    # systemd restarts no service whose required unit failed.
    assert not [value for name, value in service if name in {"Requires", "BindsTo", "PartOf"}]
    assert ("StartLimitIntervalSec", "0") in migrate


def test_script_runs_commands_with_the_settings_of_the_units(tmp_path: Path):
    fake = tmp_path / "systemd-run"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    fake.chmod(0o755)
    command = [str(SCRIPT), "keys", "create", "a name"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
    )
    *given, program, keys, create, name = done.stdout.splitlines()
    assert (keys, create, name) == ("keys", "create", "a name")
    service = options("samestory.service")
    assert dict(service)["ExecStart"] == f"{program} up"
    shared = {"User", "EnvironmentFile", "LoadCredential", "StateDirectory", "UMask"}
    properties = [f"--property={name}={value}" for name, value in service if name in shared]
    variables = [f"--setenv={each}" for each in dict(service)["Environment"].split()]
    assert {each for each in given if "=" in each} == {*properties, *variables}


def test_script_allows_downloads_on_request(tmp_path: Path):
    fake = tmp_path / "systemd-run"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    fake.chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HF_HUB_OFFLINE": "0"}
    done = subprocess.run(
        [str(SCRIPT), "doctor"], capture_output=True, text=True, check=True, env=env
    )
    assert "--setenv=HF_HUB_OFFLINE=0" in done.stdout.splitlines()


def test_script_passes_the_settings_of_the_caller(tmp_path: Path):
    fake = tmp_path / "systemd-run"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    fake.chmod(0o755)
    env = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "DATABASE_URL": "postgresql://user:secret@host/new",
        "SAMESTORY_MAIL__FOLDER": "/some/a folder",
        "OTHER_SAMESTORY_NAME": "x",
    }
    command = [str(SCRIPT), "db", "restore", "a file"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    *given, program, db, restore, file = done.stdout.splitlines()
    assert (program, db, restore) == ("/opt/samestory/bin/samestory", "db", "restore")
    assert file == "a file"
    # Without values: systemd-run takes them from its environment, and no password is an argument.
    names = {each for each in given if each.startswith("--setenv") and each.count("=") == 1}
    assert names == {"--setenv=DATABASE_URL", "--setenv=SAMESTORY_MAIL__FOLDER"}
    # A later option overrides the default of the script.
    assert given.index("--setenv=DATABASE_URL") > given.index(
        "--setenv=SAMESTORY_DATABASE__DATA_DIR=/var/lib/samestory"
    )
