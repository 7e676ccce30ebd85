"""`samestory subscribers report` with bounces and complaints."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from jobs.running.context import Context
from jobs.sending.digest import digest
from service.cli import build
from service.store.subscribers import subscribers, suppression
from tests.integration.conftest import Clock, make_context
from tests.support.content.subscribers import DUE, report_news, subscribe, with_mail
from tests.support.servers.mail_server import MailServer
from tests.unit.mail.test_bounces import COMPLAINT, OURS, bounce, failed

pytestmark = pytest.mark.usefixtures("restore_logging")


@pytest.fixture
def sent(
    engine: Any, clock: Clock, mail: MailServer, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[Context, str]:
    """A context after an edition was sent, and its Message-ID."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    clock.now = DUE
    context = with_mail(make_context(engine, clock), mail.port)
    subscribe(context.sessions, "ann@x.example")
    report_news(context.sessions, DUE - timedelta(hours=2))
    assert digest(context) == {"created": 1, "sent": 1}
    return context, str(mail.received[0][1]["Message-ID"])


def report(raw: bytes) -> Result:
    arguments = ["subscribers", "report"]
    result = CliRunner().invoke(build(arguments), arguments, input=raw)
    assert result.exit_code == 0, result.output
    return result


def state(context: Context) -> tuple[str, str | None]:
    with context.sessions.begin() as session:
        result = subscribers.get_by_address(session, "ann@x.example")
    return result.state, result.stop_reason


def test_bounce_stops_emails(sent: tuple[Context, str]):
    context, message_id = sent
    raw = bounce(failed("5.1.1"), returned=f"Message-ID: {message_id}\n")
    assert "active before, bounced now" in report(raw).stdout
    assert state(context) == ("bounced", "failed 5.1.1: 550 no such user")
    assert "bounced before, bounced now" in report(raw).stdout


def test_complaint_stops_emails(sent: tuple[Context, str]):
    context, message_id = sent
    report(COMPLAINT.format(kind="abuse").replace(OURS, message_id).encode())
    assert state(context) == ("stopped", "complaint: abuse")
    with context.sessions() as session:
        assert suppression.find(session, "ann@x.example") == "complaint: abuse"


@pytest.mark.parametrize("status", ["4.4.7", "5.7.1"])
def test_delay_or_policy_failure_stops_nothing(sent: tuple[Context, str], status: str):
    context, message_id = sent
    raw = bounce(failed(status), returned=f"Message-ID: {message_id}\n")
    assert "active before, active now" in report(raw).stdout
    assert state(context)[0] == "active"


def test_forged_report_changes_nothing(sent: tuple[Context, str], tmp_path: Path):
    context, message_id = sent
    number = message_id.partition("edition-")[2].partition("-")[0]
    assert number.isdecimal()
    for forged in (OURS, f"<edition-{number}@news.example>"):
        raw = bounce(failed("5.1.1"), returned=f"Message-ID: {forged}\n")
        assert "This service did not send" in report(raw).stdout
    assert "not a bounce or complaint report" in report(b"Subject: hello\n\nI am away.\n").stdout
    assert state(context)[0] == "active"
    # A missing file is an operator's mistake.
    arguments = ["subscribers", "report", str(tmp_path / "none.eml")]
    assert CliRunner().invoke(build(arguments), arguments).exit_code == 1
