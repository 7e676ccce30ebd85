"""Containers: valid files, and each of their commands outside of a container."""

import json
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from sqlalchemy import create_engine, text

from service.settings.load import load
from service.store.database.embedded import EmbeddedServer
from tests.e2e.conftest import COMMAND, Shell
from tests.support.database.migrations import database_at

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def test_compose_file_is_valid():
    schema = json.loads((ROOT / "tests/support/schemas/compose-spec.json").read_text("utf-8"))
    errors = list(jsonschema_rs.validator_for(schema).iter_errors(COMPOSE))
    assert not [(error.instance_path, error.message) for error in errors]


def test_images_are_pinned_and_services_hardened():
    images = [each["image"] for each in SERVICES.values() if "build" not in each]
    images += re.findall(r"^ARG PYTHON_IMAGE=(.*)$", DOCKERFILE, re.MULTILINE)
    assert len(images) == 3
    assert all(re.search(r"@sha256:[0-9a-f]{64}$", image) for image in images)
    for name, service in SERVICES.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["mem_limit"], name
        assert service["logging"]["options"]["max-size"], name
    assert "USER 10001" in DOCKERFILE
    assert "postgres_password" in COMPOSE["secrets"]
    assert not re.search(r"PASSWORD(?!_FILE)[A-Z_]*[:=]", (ROOT / "docker-compose.yml").read_text())


def test_environment_of_the_containers_is_valid(tmp_path: Path):
    lines = (ROOT / "config" / "compose.env").read_text("utf-8").splitlines()
    environ = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    password = tmp_path / "password"
    password.write_text("a'b$c@/:\n", encoding="utf-8")
    assert environ["SAMESTORY_DATABASE__PASSWORD_FILE"] == "/run/secrets/postgres_password"
    settings = load(environ | {"SAMESTORY_DATABASE__PASSWORD_FILE": str(password)})
    assert settings.database.password == "a'b$c@/:"


def test_settings_of_postgres_exist(server: EmbeddedServer):
    options = [each for each in SERVICES["postgres"]["command"] if "=" in each]
    engine = create_engine(server.url())
    with engine.connect() as connection:
        for option in options:
            connection.execute(text(f"SET {option}"))
    engine.dispose()


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="hadolint is not installed")
def test_dockerfile_has_no_findings():
    command = [str(shutil.which("hadolint")), str(ROOT / "Dockerfile")]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()


def test_downloaded_models_are_kept_in_a_volume():
    """The home folder of the containers is in memory, and their file system is read-only."""
    [folder] = re.findall(r"HF_HOME=(\S+)", DOCKERFILE)
    [owned] = re.findall(r"--owner=samestory --mode=0700 (.*)$", DOCKERFILE, re.MULTILINE)
    assert folder in owned.split()
    assert "models" in COMPOSE["volumes"]
    for name in ("samestory", "web", "jobs"):
        assert f"models:{folder}" in SERVICES[name]["volumes"], name


def test_migrations_are_applied_after_a_backup(
    shell: Shell, server: EmbeddedServer, tmp_path: Path
):
    command = [*SERVICES["migrate"]["command"]]
    unit = (ROOT / "config/systemd/samestory-migrate.service").read_text("utf-8")
    assert " ".join(command[:-1]) in unit
    command[-1] = str(tmp_path / "backups")
    with database_at(server, "before_upgrade", "0040") as engine:
        url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        done = shell.run(*command[1:], env={"DATABASE_URL": url})
        assert done.stdout.startswith(f"backup before the upgrade: {tmp_path}"), done.stderr
        assert "applied: 0042" in done.stdout
        done = shell.run(*command[1:], env={"DATABASE_URL": url})
        assert done.stdout == "the database is up to date\n"
    [backup] = (tmp_path / "backups").iterdir()
    done = shell.run("db", "restore", str(backup), env={"SAMESTORY_DATABASE__NAME": "restored"})
    assert "applied: 0042" in done.stdout, done.stderr


class Systemd:
    """The socket of systemd for messages of a service."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))

    def wait_for(self, message: str, *, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        received: list[str] = []
        while time.monotonic() < end:
            if select.select([self._socket], [], [], 1)[0]:
                received.append(self._socket.recv(1000).decode())
                if received[-1] == message:
                    return
        raise AssertionError(f"no {message} within {seconds} s; received: {received}")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    receiver = Systemd(tmp_path / "notify")
    yield receiver
    receiver.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def check_health(service: dict[str, Any], shell: Shell, port: int) -> int:
    """Run the health check of a service, or else that of the image; returns its exit code."""
    if check := service.get("healthcheck"):
        command = check["test"][1:]
    else:
        command = json.loads(re.findall(r"^    CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[0])
    program = {"samestory": str(COMMAND), "python": sys.executable}[command[0]]
    arguments = [each.replace(":8075", f":{port}") for each in command[1:]]
    env = shell.environment()
    return subprocess.run([program, *arguments], env=env, timeout=60, check=False).returncode


@pytest.mark.slow
@pytest.mark.parametrize("name", ["samestory", "web", "jobs"])
def test_service_reports_to_systemd_is_healthy_and_stops_in_time(
    name: str, shell: Shell, systemd: Systemd, tmp_path: Path
):
    service, port = SERVICES[name], free_port()
    assert shell.run("db", "upgrade").returncode == 0
    process = shell.start(
        *service["command"][1:],
        NOTIFY_SOCKET=str(tmp_path / "notify"),
        WATCHDOG_USEC="500000",
        SAMESTORY_WEB__PORT=str(port),
        SAMESTORY_FETCH__TIMEOUT_SECONDS="3",
    )
    try:
        systemd.wait_for("READY=1")
        systemd.wait_for("WATCHDOG=1")
        assert check_health(service, shell, port) == 0
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        systemd.wait_for("STOPPING=1")
        assert process.wait(60) == 0
        assert time.monotonic() - started < float(service["stop_grace_period"].removesuffix("s"))
    finally:
        process.kill()
        process.communicate()
