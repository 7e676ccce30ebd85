"""Hands emails to an SMTP server: one connection for many, and what its answers mean."""

import re
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

from service.errors import MailDeferredError, MailRefusedError, MailServerError
from service.mail.sender import FolderSender, Sender, nothing
from service.settings.delivery import MailSettings

_SERVICE_CLOSING, _TEMPORARY, _PERMANENT = 421, 400, 500
_START_DATA, _OK = 354, 250
#: A refusal for reasons that are not the address's: policy and security (RFC 3463).
_POLICY = re.compile(rb"^5\.7\.")


class SmtpSender:
    """Sends over one connection, opened when it is needed, at a limited rate."""

    def __init__(self, settings: MailSettings) -> None:
        """Nothing is opened yet."""
        self._settings = settings
        self._server: smtplib.SMTP | None = None
        self._free_at = 0.0

    def send(self, email: EmailMessage, *, before_end: Callable[[], None] = nothing) -> None:
        """As `Sender.send` says; after an error the next email gets a new connection."""
        self._wait()
        server = self._connected()
        try:
            with _explained(self._settings.host):
                _envelope(server, email)
                _data(server, email, before_end)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the connection; it is opened again when it is needed."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def _wait(self) -> None:
        time.sleep(max(self._free_at - time.monotonic(), 0))
        self._free_at = time.monotonic() + 60 / self._settings.max_per_minute

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            try:
                self._server = _connect(self._settings)
            except (OSError, smtplib.SMTPException, ValueError) as error:
                raise MailServerError(
                    f"mail server {self._settings.host} port {self._settings.port}: {_told(error)}",
                    getattr(error, "smtp_code", None),
                ) from error
        return self._server


@contextmanager
def opened_sender(settings: MailSettings) -> Iterator[Sender]:
    """The sender that the settings name; whatever it holds open ends with the block."""
    if settings.folder:
        yield FolderSender(Path(settings.folder))
    else:
        with smtp_sender(settings) as sender:
            yield sender


@contextmanager
def smtp_sender(settings: MailSettings) -> Iterator[SmtpSender]:
    """A sender whose connection ends with the block."""
    sender = SmtpSender(settings)
    try:
        yield sender
    finally:
        sender.close()


def _connect(settings: MailSettings) -> smtplib.SMTP:
    place, seconds = (settings.host, settings.port), settings.timeout_seconds
    tls = ssl.create_default_context()
    if settings.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(*place, timeout=seconds, context=tls)
    else:
        server = smtplib.SMTP(*place, timeout=seconds)
    try:
        if settings.security == "starttls":
            server.starttls(context=tls)
        if settings.user:
            server.login(settings.user, settings.password)
        server.ehlo_or_helo_if_needed()
    except BaseException:
        server.close()
        raise
    return server


def _envelope(server: smtplib.SMTP, email: EmailMessage) -> None:
    """Say from whom and to whom; a connection that the server closed meanwhile counts as broken."""
    code, answer = server.mail(parseaddr(str(email["From"]))[1])
    if code != _OK:
        raise MailServerError(_answer(code, answer), code)
    code, answer = server.rcpt(parseaddr(str(email["To"]))[1])
    if code >= _PERMANENT:
        at_fault = not _POLICY.match(answer)
        raise MailRefusedError(_answer(code, answer), code, address_at_fault=at_fault)
    _deferred(code, answer)


def _data(server: smtplib.SMTP, email: EmailMessage, before_end: Callable[[], None]) -> None:
    """Hand over the text; only the line with the single dot makes the server responsible for it."""
    code, answer = server.docmd("DATA")
    if code != _START_DATA:
        _refused(code, answer)
    text = re.sub(rb"(?m)^\.", b"..", email.as_bytes())
    server.send(text if text.endswith(b"\r\n") else text + b"\r\n")
    before_end()
    server.send(b".\r\n")
    code, answer = server.getreply()
    if code != _OK:
        _refused(code, answer)


def _refused(code: int, answer: bytes) -> None:
    if code >= _PERMANENT:
        raise MailRefusedError(_answer(code, answer), code, address_at_fault=False)
    _deferred(code, answer)


def _deferred(code: int, answer: bytes) -> None:
    if code == _SERVICE_CLOSING:
        raise MailServerError(_answer(code, answer), code)
    if code >= _TEMPORARY or code < _OK:
        raise MailDeferredError(_answer(code, answer), code)


@contextmanager
def _explained(host: str) -> Iterator[None]:
    """Whatever breaks in the middle of an email defers it."""
    try:
        yield
    except (OSError, smtplib.SMTPException) as error:
        raise MailDeferredError(f"mail server {host}: {_told(error)}") from error


def _answer(code: int, answer: bytes) -> str:
    return " ".join(f"{code} {answer.decode('utf-8', 'replace')}".split())


def _told(error: Exception) -> str:
    """The reason in one line, without what stands behind it in objects."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return _answer(error.smtp_code, text if isinstance(text, bytes) else text.encode())
    return " ".join(str(error).split()) or type(error).__name__
