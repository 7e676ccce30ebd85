"""The command `samestory outlets`."""

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from service.cli import build
from service.domain.catalogue.outlets import Outlet
from service.errors import SamestoryError
from service.store.catalogue import feeds
from service.store.database.sessions import Sessions

pytestmark = pytest.mark.usefixtures("restore_logging")

Run = Callable[..., Result]


@pytest.fixture
def run(sessions: Sessions, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the test's database with two outlets."""
    with sessions.begin() as session:
        outlets = [Outlet("quay", "Quay Post", "GB", "en"), Outlet("volga", "Volga", "RU", "ru")]
        feeds.save_outlets(session, outlets)
    monkeypatch.setenv("DATABASE_URL", database_url)
    return lambda *arguments: CliRunner().invoke(build(arguments), list(arguments))


def run_output(result: Result) -> str:
    assert result.exit_code == 0, result.exception
    return result.stdout


def test_outlet_commands_list_set_and_reset(run: Run):
    configured = "quay  Quay Post  quay  GB  en\n"
    assert run_output(run("outlets", "list")) == f"{configured}volga  Volga  volga  RU  ru\n"
    assert run_output(run("outlets", "list", "--edited")) == "no outlets\n"
    changed = run_output(
        run("outlets", "set", "quay", "--country", "", "--agency", "--family", "volga")
    )
    says = "[configured: family quay, country GB, agency no]"
    assert changed == f"quay  Quay Post  volga  -  en  agency  {says}\n"
    assert run_output(run("outlets", "list", "--edited")) == changed
    [facts] = json.loads(run_output(run("outlets", "list", "--edited", "--json")))
    assert facts["configured_values"] == {"family": "quay", "country": "GB", "agency": False}
    assert (facts["slug"], facts["country"], bool(facts["edited_at"])) == ("quay", None, True)
    assert run_output(run("outlets", "reset", "quay")) == configured


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("set", "nobody", "--name", "X"), "Outlet nobody not found"),
        (("reset", "nobody"), "Outlet nobody not found"),
        (
            ("set", "quay", "--country", "Britain"),
            "Invalid country 'Britain': expected a two-letter ISO 3166-1",
        ),
        (("set", "quay", "--language", "e1"), "Invalid language 'e1': expected an ISO 639 code"),
        (("set", "quay", "--name", ""), "Invalid name: expected 1 to 200 printable characters"),
        (
            ("set", "quay", "--family", "vulga"),
            "Unknown publisher family 'vulga': did you mean volga (Volga)?",
        ),
    ],
)
def test_invalid_arguments_are_rejected(run: Run, arguments: tuple[str, ...], reason: str):
    result = run("outlets", *arguments)
    assert isinstance(result.exception, SamestoryError)
    assert reason in str(result.exception)


def test_set_without_fields_is_rejected(run: Run):
    result = run("outlets", "set", "quay")
    assert result.exit_code == 2
    assert "No change given" in result.stderr
