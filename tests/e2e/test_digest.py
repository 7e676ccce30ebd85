"""`samestory subscribers` and `samestory digest` from the command line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Shell
from tests.support.servers.mail_server import MailServer

pytestmark = pytest.mark.slow


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


def settings(mail: MailServer) -> dict[str, str]:
    return {
        "SAMESTORY_MAIL__HOST": "127.0.0.1",
        "SAMESTORY_MAIL__PORT": str(mail.port),
        "SAMESTORY_MAIL__SECURITY": "none",
        "SAMESTORY_WEB__SITE": "https://news.example",
        "SAMESTORY_MAIL__SENDER": "News <digest@news.example>",
    }


def test_subscriber_life_cycle(migrated_shell: Shell, mail: MailServer):
    env = settings(mail)
    added = migrated_shell.call(
        "subscribers", "add", "Ann@x.example", "--time-zone", "Asia/Tokyo", env=env
    )
    assert added.returncode == 0, added.stderr
    assert "sent the confirmation email" in added.stdout
    [(to, email)] = mail.received
    assert to == "Ann@x.example"
    assert "https://news.example/digest/confirm/" in email.as_string().replace("=\n", "")
    assert "pending" in migrated_shell.call("subscribers", "list").stdout
    assert "active" in migrated_shell.call("subscribers", "confirm", "ann@x.example").stdout
    again = migrated_shell.call("subscribers", "add", "ANN@x.example", env=env)
    assert (again.returncode, "already subscribed" in again.stderr) == (1, True)
    changed = migrated_shell.call(
        "subscribers", "set", "ann@x.example", "--days", "sat,sun", "--mute", "football,cup final"
    )
    assert "sat,sun" in changed.stdout
    [listed] = json.loads(migrated_shell.call("subscribers", "list", "--json").stdout)
    assert listed["days"] == [6, 7]
    assert listed["muted_words"] == ["cup final", "football"]
    assert listed["time_zone"] == "Asia/Tokyo"
    stop = ("subscribers", "stop", "ann@x.example", "--reason", "by phone", "--complaint")
    assert "[by phone]" in migrated_shell.call(*stop).stdout
    assert "removed" in migrated_shell.call("subscribers", "remove", "ann@x.example").stdout
    unsuppressed = migrated_shell.call("subscribers", "unsuppress", "ann@x.example").stdout
    assert unsuppressed == "ann@x.example is not suppressed any more\n"
    assert migrated_shell.call("subscribers", "list").stdout == "no subscribers\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("subscribers", "add", "nobody"), "Invalid email address 'nobody'"),
        (
            ("subscribers", "add", "a@b.example", "--time-zone", "Berlin"),
            "Unknown time zone 'Berlin'",
        ),
        (("subscribers", "add", "a@b.example", "--hour", "25"), "Invalid hour 25"),
        (("subscribers", "set", "a@b.example", "--hour", "5"), "Subscriber a@b.example not found"),
        (("digest", "send"), "SAMESTORY_MAIL__HOST"),
        (("digest", "preview", "--to", "me", "--folder", "x"), "Invalid email address 'me'"),
    ],
)
def test_invalid_input_is_reported_in_one_line(
    migrated_shell: Shell, arguments: tuple[str, ...], reason: str
):
    result = migrated_shell.call(*arguments)
    assert result.returncode == 1
    assert reason in result.stderr
    assert result.stderr.count("\n") == 1


def test_preview_sends_nothing(migrated_shell: Shell, mail: MailServer, tmp_path: Path):
    result = migrated_shell.call(
        "digest", "preview", "--to", "me@example.org", "--folder", str(tmp_path), env=settings(mail)
    )
    assert result.returncode == 0, result.stderr
    assert "<!DOCTYPE html>" in (tmp_path / "digest.html").read_text(encoding="utf-8")
    assert (tmp_path / "digest.txt").exists()
    assert mail.received == []
    assert migrated_shell.call("digest", "send", env=settings(mail)).stdout == "nothing to do\n"
