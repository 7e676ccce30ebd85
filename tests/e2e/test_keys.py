"""`samestory keys` on the command line."""

import json
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from service.domain.access.roles import hash_secret
from service.store.access import keys
from service.store.database import schema
from service.store.database.sessions import make_sessions
from tests.e2e.conftest import Shell

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def database(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture
def run(shell: Shell, database: str) -> Run:
    return lambda *arguments: shell.call("keys", *arguments, env={"DATABASE_URL": database})


def test_create_list_and_revoke_key(run: Run, database: str):
    created = json.loads(run("create", "ann", "--role", "editor", "--days", "3", "--json").stdout)
    assert created["roles"] == ["editor"]
    lifetime = datetime.fromisoformat(created["expires_at"]) - datetime.fromisoformat(
        created["created_at"]
    )
    assert lifetime == timedelta(days=3)
    engine = schema.make_engine(database)
    with make_sessions(engine)() as session:
        now = datetime.fromisoformat(created["created_at"])
        key = keys.authenticate(session, hash_secret(created["secret"]), now=now)
        assert key
        assert key.name == "ann"
    engine.dispose()

    again = run("create", "ANN")
    assert (again.returncode, "exists" in again.stderr) == (1, True)
    assert again.stderr.count("\n") == 1
    shown = run("create", "bob").stdout
    assert "samestory_" in shown
    listed = run("list").stdout
    assert "ann  editor" in listed
    assert "bob  reader" in listed
    assert "samestory_" not in listed
    assert "revoked" in run("revoke", "Ann").stdout
    assert [key["name"] for key in json.loads(run("list", "--json").stdout)] == ["bob"]
    assert "ann" in run("list", "--all").stdout
    assert run("revoke", "ann").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["create", "x", "--role", "king"], 2, "king"),
        (["create", "x", "--days", "1", "--expires", "2030-01-01"], 2, "not both"),
        (["create", "x", "--expires", "2001-01-01"], 1, "expected a time in the future"),
        (["create", " "], 1, "printable"),
        (["revoke", "nobody"], 1, "Key nobody not found"),
    ],
)
def test_invalid_arguments_print_one_line(run: Run, arguments: list[str], code: int, message: str):
    done = run(*arguments)
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
