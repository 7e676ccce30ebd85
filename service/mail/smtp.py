"""SMTP client: connection reuse, rate limit, and classification of the server's replies."""

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
from service.mail.refusals import Reason, find_reason
from service.mail.sender import FolderSender, PluginSender, Sender, do_nothing
from service.settings.sections.delivery import MailSettings

_SERVICE_CLOSING, _TEMPORARY, _PERMANENT = 421, 400, 500
_START_DATA, _OK = 354, 250


class SmtpSender:
    """Sends emails over one connection, opened on demand, at a limited rate."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._server: smtplib.SMTP | None = None
        self._next_send_at = 0.0  # monotonic seconds

    def send(self, email: EmailMessage, *, before_end: Callable[[], None] = do_nothing) -> None:
        """Send one email, see `Sender.send`; after an error the next one opens a new connection."""
        time.sleep(max(self._next_send_at - time.monotonic(), 0))
        self._next_send_at = time.monotonic() + 60 / self._settings.max_per_minute
        server = self.connect()
        try:
            _send_envelope(server, email)
            _send_data(server, email, before_end)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise MailDeferredError(
                f"Mail server {self._settings.host}: {_reason(error)}"
            ) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; the next email opens a new one."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def connect(self) -> smtplib.SMTP:
        """Return the open connection, or open one; raises MailServerError if that fails."""
        if self._server is None:
            try:
                self._server = _connect(self._settings)
            except (OSError, smtplib.SMTPException, ValueError) as error:
                host, port = self._settings.host, self._settings.port
                raise MailServerError(
                    f"Mail server {host} port {port}: {_reason(error)}",
                    getattr(error, "smtp_code", None),
                ) from error
        return self._server


@contextmanager
def open_sender(settings: MailSettings) -> Iterator[Sender]:
    """Context manager of the configured sender: folder, plugin or SMTP server."""
    if settings.folder:
        yield FolderSender(Path(settings.folder))
    elif settings.plugin:
        yield PluginSender(settings.plugin)
    else:
        with smtp_sender(settings) as sender:
            yield sender


@contextmanager
def smtp_sender(settings: MailSettings) -> Iterator[SmtpSender]:
    """Context manager of an SMTP sender; closes the connection at the end."""
    sender = SmtpSender(settings)
    try:
        yield sender
    finally:
        sender.close()


def check_server(settings: MailSettings) -> None:
    """Connect, log in and disconnect; raises MailServerError if that fails."""
    with smtp_sender(settings) as sender:
        sender.connect()


def _connect(settings: MailSettings) -> smtplib.SMTP:
    address, timeout = (settings.host, settings.port), settings.timeout_seconds
    tls = ssl.create_default_context()
    if settings.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(*address, timeout=timeout, context=tls)
    else:
        server = smtplib.SMTP(*address, timeout=timeout)
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


def _send_envelope(server: smtplib.SMTP, email: EmailMessage) -> None:
    """Send MAIL FROM and RCPT TO.

    Raises:
        MailServerError: the server refused MAIL FROM, or requires a login.
        MailDeferredError: the server does not relay to this address, which may be a wrong setting.
        MailRefusedError: the server refused the address or the email.
    """
    code, reply = server.mail(parseaddr(str(email["From"]))[1])
    if code != _OK:
        raise MailServerError(_format_reply(code, reply), code)
    code, reply = server.rcpt(parseaddr(str(email["To"]))[1])
    if code < _PERMANENT:
        _raise_for_reply(code, reply)
        return
    reason = find_reason(code, text := _format_reply(code, reply))
    if reason is Reason.LOGIN:
        raise MailServerError(text, code)
    if reason is Reason.RELAY:
        raise MailDeferredError(text, code)
    raise MailRefusedError(text, code, address_at_fault=reason is Reason.ADDRESS)


def _send_data(server: smtplib.SMTP, email: EmailMessage, before_end: Callable[[], None]) -> None:
    """Send DATA; the server becomes responsible only with the final line, a single dot."""
    code, reply = server.docmd("DATA")
    if code != _START_DATA:
        _raise_for_reply(code, reply)
    text = re.sub(rb"(?m)^\.", b"..", email.as_bytes())
    server.send(text if text.endswith(b"\r\n") else text + b"\r\n")
    before_end()
    server.send(b".\r\n")
    code, reply = server.getreply()
    if code != _OK:
        _raise_for_reply(code, reply)


def _raise_for_reply(code: int, reply: bytes) -> None:
    """Raise the MailError of an error reply; return for a success."""
    text = _format_reply(code, reply)
    if code >= _PERMANENT:
        raise MailRefusedError(text, code, address_at_fault=False)
    if code == _SERVICE_CLOSING:
        raise MailServerError(text, code)
    if code >= _TEMPORARY or code < _OK:
        raise MailDeferredError(text, code)


def _format_reply(code: int, reply: bytes) -> str:
    return " ".join(f"{code} {reply.decode('utf-8', 'replace')}".split())


def _reason(error: Exception) -> str:
    """The error in one line, without nested objects."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return _format_reply(error.smtp_code, text if isinstance(text, bytes) else text.encode())
    return " ".join(str(error).split()) or type(error).__name__
