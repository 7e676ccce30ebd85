"""`samestory alerts` and `samestory digest editions`."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.cli import build
from service.commands.running.times import utc_now
from service.errors import SamestoryError
from service.store.database.sessions import Sessions
from tests.support.content.subscribers import report_news, subscribe
from tests.support.servers.mail_server import MailServer

pytestmark = pytest.mark.usefixtures("restore_logging")

Run = Callable[..., Result]


@pytest.fixture
def run(
    sessions: Sessions, database_url: str, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Runs commands with the test database, a mail server and one subscriber."""
    subscribe(sessions, "eve@x.example")
    for name, value in (
        ("DATABASE_URL", database_url),
        ("SAMESTORY_MAIL__HOST", "127.0.0.1"),
        ("SAMESTORY_MAIL__PORT", str(mail.port)),
        ("SAMESTORY_MAIL__SECURITY", "none"),
        ("SAMESTORY_WEB__SITE", "https://news.example"),
        ("SAMESTORY_MAIL__SENDER", "digest@news.example"),
    ):
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(build(arguments), list(arguments))


def output(result: Result) -> str:
    assert result.exit_code == 0, result.exception
    return result.stdout


def test_alert_is_added_listed_sent_and_removed(run: Run, sessions: Sessions, mail: MailServer):
    added = output(run("alerts", "add", "EVE@x.example", "--min-independent", "2"))
    assert "of eve@x.example: 2 or more independent outlets" in added
    [facts] = json.loads(output(run("alerts", "list", "--json")))
    assert (facts["address"], facts["min_independent"]) == ("eve@x.example", 2)
    number = str(facts["id"])
    assert output(run("alerts", "list", "eve@x.example")).startswith(number)
    assert output(run("alerts", "send")) == "nothing to do\n"
    report_news(sessions, utc_now() + timedelta(seconds=1))
    assert output(run("alerts", "send")) == "created 1, sent 1\n"
    assert [to for to, _ in mail.received] == ["eve@x.example"]
    [edition] = json.loads(output(run("digest", "editions", "--json")))
    assert (edition["kind"], edition["sent"], edition["mean_stories"]) == ("alert", 1, 1)
    assert 1000 < edition["mean_bytes"] < 100_000
    assert "1 of 1 sent" in output(run("digest", "editions"))
    assert "stopped alert" in output(run("alerts", "remove", number))
    assert output(run("alerts", "list")) == "no alerts\n"


def test_preview_shows_the_first_matching_story(
    run: Run, sessions: Sessions, mail: MailServer, tmp_path: Path
):
    headline = report_news(sessions, utc_now())
    assert "the email about the first of 1 matching stories" in output(
        run("alerts", "preview", "--words", "happens", "--folder", str(tmp_path))
    )
    assert headline in (tmp_path / "alert.html").read_text(encoding="utf-8")
    assert headline in (tmp_path / "alert.txt").read_text(encoding="utf-8")
    assert mail.received == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("alerts", "add", "eve@x.example"), "at least 2 independent outlets"),
        (("alerts", "add", "nobody@x.example", "--words", "a"), "Subscriber nobody"),
        (("alerts", "remove", "77"), "Alert 77 not found"),
        (("alerts", "preview", "--words", "ferry"), "No story of the last 7 days matches: ferry"),
        (("alerts", "preview", "--alert", "77"), "Alert 77 not found"),
    ],
)
def test_mistake_raises_an_error(run: Run, arguments: tuple[str, ...], reason: str):
    result = run(*arguments)
    assert isinstance(result.exception, SamestoryError)
    assert reason in str(result.exception)
