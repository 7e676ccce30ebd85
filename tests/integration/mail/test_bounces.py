"""`samestory subscribers report`, as a mailbox hands it what mail servers send back."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from jobs.digest import digest
from jobs.running.context import Context
from service.cli import build
from service.store.subscribers import subscribers
from tests.integration.conftest import Clock, make_context
from tests.support.content.subscribers import DUE, report_news, subscribe, with_mail
from tests.support.servers.mail_server import MailServer
from tests.unit.subscribers.test_bounces import COMPLAINT, OURS, bounce, failed

pytestmark = pytest.mark.usefixtures("restore_logging")


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def ours(
    engine: Any, clock: Clock, mail: MailServer, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[Context, str]:
    """The world after an issue was sent, and the Message-ID of that."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    clock.now = DUE
    world = with_mail(make_context(engine, clock), mail.port)
    subscribe(world.sessions, "ann@x.example")
    report_news(world.sessions, DUE - timedelta(hours=2))
    assert digest(world) == {"made": 1, "sent": 1}
    return world, str(mail.taken[0][1]["Message-ID"])


def hand_over(raw: bytes) -> Result:
    arguments = ["subscribers", "report"]
    found = CliRunner().invoke(build(arguments), arguments, input=raw)
    assert found.exit_code == 0, found.output
    return found


def state(world: Context) -> tuple[str, str | None]:
    with world.sessions.begin() as session:
        found = subscribers.find_by_address(session, "ann@x.example")
    return found.state, found.stop_reason


def test_a_bounce_of_an_email_of_ours_stops_delivery(ours: tuple[Context, str]):
    world, message_id = ours
    raw = bounce(failed("5.1.1"), returned=f"Message-ID: {message_id}\n")
    assert "active before, bounced now" in hand_over(raw).stdout
    assert state(world) == ("bounced", "failed 5.1.1: 550 no such user")
    assert "bounced before, bounced now" in hand_over(raw).stdout


def test_a_complaint_stops_delivery(ours: tuple[Context, str]):
    world, message_id = ours
    hand_over(COMPLAINT.format(kind="abuse").replace(OURS, message_id).encode())
    assert state(world) == ("stopped", "complaint: abuse")


@pytest.mark.parametrize("status", ["4.4.7", "5.7.1"])
def test_a_delay_and_a_policy_stop_nothing(ours: tuple[Context, str], status: str):
    world, message_id = ours
    raw = bounce(failed(status), returned=f"Message-ID: {message_id}\n")
    assert "active before, active now" in hand_over(raw).stdout
    assert state(world)[0] == "active"


def test_what_is_made_up_changes_nothing(ours: tuple[Context, str], tmp_path: Path):
    world, message_id = ours
    number = message_id.partition("issue-")[2].partition("-")[0]
    assert number.isdecimal()
    for made_up in (OURS, f"<issue-{number}@news.example>"):
        raw = bounce(failed("5.1.1"), returned=f"Message-ID: {made_up}\n")
        assert "no email of ours" in hand_over(raw).stdout
    assert "no report" in hand_over(b"Subject: hello\n\nI am away.\n").stdout
    assert state(world)[0] == "active"
    # An operator's own mistake is one.
    arguments = ["subscribers", "report", str(tmp_path / "none.eml")]
    assert CliRunner().invoke(build(arguments), arguments).exit_code == 1
