"""SMTP with TLS, login and certificate verification."""

from dataclasses import replace
from typing import Literal

import pytest

from service.errors import MailServerError
from service.mail.smtp import smtp_sender
from service.settings.sections.delivery import MailSettings
from tests.integration.mail.test_mail_sending import email, mail_settings
from tests.support.servers.mail_server import LOOPBACK, MailServer

Security = Literal["starttls", "tls"]


def secured(mail: MailServer, security: Security, **values: str) -> MailSettings:
    plain = replace(mail_settings(mail.port), security=security)
    return replace(plain, **{"user": "news", "password": "secret", **values})  # type: ignore[arg-type]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_emails_are_encrypted_and_authenticated(
    security: Security, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(LOOPBACK))
    with MailServer(security=security, login=(b"news", b"secret")) as mail:
        with smtp_sender(secured(mail, security)) as sender:
            sender.send(email(1))
            sender.send(email(2))
        assert (mail.connections, len(mail.received)) == (1, 2)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_untrusted_certificate_is_rejected(security: Security):
    with MailServer(security=security, login=(b"news", b"secret")) as mail:
        with (
            smtp_sender(secured(mail, security)) as sender,
            pytest.raises(MailServerError, match="certificate"),
        ):
            sender.send(email())
        assert mail.received == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_wrong_password_is_reported_without_the_password(
    security: Security, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(LOOPBACK))
    with MailServer(security=security, login=(b"news", b"secret")) as mail:
        with (
            smtp_sender(secured(mail, security, password="hunter2")) as sender,
            pytest.raises(MailServerError, match="535") as caught,
        ):
            sender.send(email())
        assert "hunter2" not in str(caught.value)
        assert "\n" not in str(caught.value)
        assert mail.received == []
