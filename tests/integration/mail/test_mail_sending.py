"""SMTP sender: transmitted messages, and errors for each server reply."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from zoneinfo import ZoneInfo

import pytest

from service.domain.subscribers.digests.selection import History, select_stories
from service.domain.subscribers.filters import Filters
from service.domain.subscribers.story_index import StoryIndex
from service.errors import MailDeferredError, MailError, MailRefusedError, MailServerError
from service.mail.message import build_message, edition_message_id
from service.mail.render import DigestMessage, Links, Renderer
from service.mail.smtp import SmtpSender, smtp_sender
from service.settings.sections.delivery import DigestSettings, MailSettings
from tests.support.content.digest_stories import NOW, story
from tests.support.servers.mail_server import MailServer

SETTINGS = DigestSettings(
    max_stories=5,
    max_updates=3,
    max_low_coverage=2,
    max_first_reports=3,
    low_coverage_outlets=1,
    new_outlets=2,
)
SENDER = "Samestory <digest@news.example>"


@pytest.fixture
def sender(mail: MailServer) -> Iterator[SmtpSender]:
    with smtp_sender(mail_settings(mail.port)) as smtp:
        yield smtp


def mail_settings(port: int, *, timeout_seconds: float = 20) -> MailSettings:
    return MailSettings(
        host="127.0.0.1",
        port=port,
        security="none",
        user="",
        password="",
        sender=SENDER,
        imprint="",
        timeout_seconds=timeout_seconds,
        max_per_minute=60_000,
    )


def email(number: int = 1, headline: str = "Ferry Halcyon runs aground") -> EmailMessage:
    digest = select_stories(
        StoryIndex([story(headline, ["daily", "herald"])]),
        Filters(),
        History(datetime(2023, 4, 24, tzinfo=UTC)),
        SETTINGS,
    )
    links = Links("https://news.example", unsubscribe="https://news.example/u/1")
    rendered = Renderer(title="samestory", site="https://news.example").digest(
        DigestMessage(digest, date(2023, 4, 25), NOW, ZoneInfo("UTC")), "a@b.example", links
    )
    return build_message(
        rendered,
        sender=SENDER,
        to="reader@b.example",
        message_id=edition_message_id(number, SENDER),
        at=NOW,
        unsubscribe=links.unsubscribe,
    )


def plain(text: str) -> EmailMessage:
    message = EmailMessage(SMTP)
    message["From"], message["To"] = SENDER, "reader@b.example"
    message.set_content(text)
    return message


def test_email_arrives_complete(mail: MailServer, sender: SmtpSender):
    sender.send(email(7, ".Ярмарка в Кастельмаре\r\nBcc: everybody@b.example"))
    [(to, got)] = mail.received
    assert to == "reader@b.example"
    assert got["Subject"] == ".Ярмарка в Кастельмаре Bcc: everybody@b.example"
    assert got["Bcc"] is None
    assert got["From"] == SENDER
    assert got["Message-ID"] == "<edition-7@news.example>"
    assert got["List-Unsubscribe"] == "<https://news.example/u/1>"
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    parts = [part.get_content_type() for part in got.walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]
    for part in got.iter_parts():
        assert "Ярмарка в Кастельмаре" in part.get_content()
    assert got.as_bytes().isascii()


def test_leading_dot_is_escaped(mail: MailServer, sender: SmtpSender):
    dotted = plain("one\n.\n..two\n.three")
    sender.send(dotted)
    assert mail.received[0][1].get_content().splitlines() == ["one", ".", "..two", ".three"]


def test_emails_share_one_connection(mail: MailServer, sender: SmtpSender):
    for number in range(5):
        sender.send(email(number))
    assert (mail.connections, len(mail.received)) == (1, 5)


@pytest.mark.parametrize(
    ("step", "reply", "kind"),
    [
        ("mail", "421 closing", MailServerError),
        ("mail", "530 authenticate first", MailServerError),
        ("mail", "close", MailDeferredError),
        ("rcpt", "421 closing", MailServerError),
        ("rcpt", "450 4.2.1 busy", MailDeferredError),
        ("rcpt", "550 5.1.1 unknown", MailRefusedError),
        ("rcpt", "530 Authentication required", MailServerError),
        ("rcpt", "550 relay not permitted", MailDeferredError),
        ("rcpt", "hang", MailDeferredError),
        ("data", "421 closing", MailServerError),
        ("data", "451 later", MailDeferredError),
        ("data", "554 no", MailRefusedError),
        ("data", "hang", MailDeferredError),
        ("data", "close", MailDeferredError),
        ("end_of_data", "close", MailDeferredError),
    ],
)
def test_server_reply_raises_matching_error(
    mail: MailServer, step: str, reply: str, kind: type[MailError]
):
    mail.replies[step] = reply
    ended: list[bool] = []
    settings = mail_settings(mail.port, timeout_seconds=0.5 if reply == "hang" else 20)
    with smtp_sender(settings) as sender:
        with pytest.raises(kind) as caught:
            sender.send(email(), before_end=lambda: ended.append(True))
        assert caught.value.code == (int(reply[:3]) if reply[:3].isdigit() else None)
        assert "\n" not in str(caught.value)
        assert bool(ended) == (step in {"data", "end_of_data"})
        mail.replies.clear()
        mail.received.clear()
        sender.send(email(2))
    assert len(mail.received) == 1


@pytest.mark.parametrize(
    ("reply", "at_fault"),
    [("550 5.1.1 unknown", True), ("550 no", False), ("550 5.7.1 spam", False)],
)
def test_policy_refusal_does_not_blame_the_address(
    mail: MailServer, sender: SmtpSender, reply: str, *, at_fault: bool
):
    mail.replies["rcpt"] = reply
    with pytest.raises(MailRefusedError) as caught:
        sender.send(email())
    assert caught.value.address_at_fault == at_fault


def test_connection_lost_within_the_text_is_deferred():
    """The server closes after the first bytes of the text."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_break_off, args=(listener,), daemon=True)
        thread.start()
        settings = mail_settings(listener.getsockname()[1])
        long_one = plain("a line\n" * 2_000_000)
        ended: list[bool] = []
        with smtp_sender(settings) as sender, pytest.raises(MailDeferredError):
            sender.send(long_one, before_end=lambda: ended.append(True))
        thread.join(10)
    assert not ended


def _break_off(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.sendall(b"220 hello\r\n")
        for reply in (b"250 hello\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 go on\r\n"):
            connection.recv(1000)
            connection.sendall(reply)
        connection.recv(1000)


def test_unreachable_server_is_reported_in_one_line():
    settings = mail_settings(1)
    with (
        smtp_sender(settings) as sender,
        pytest.raises(MailServerError, match=r"127\.0\.0\.1 port 1"),
    ):
        sender.send(email())


def test_starttls_is_required_when_configured(mail: MailServer):
    settings = replace(mail_settings(mail.port), security="starttls")
    with smtp_sender(settings) as sender, pytest.raises(MailServerError, match="STARTTLS"):
        sender.send(email())
    assert mail.received == []
