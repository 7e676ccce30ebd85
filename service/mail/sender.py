"""Email sender interface, and a sender that writes emails to a folder for dry runs."""

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from service.errors import MailError, MailServerError, PluginError
from service.plugins.loading import load_plugin
from service.plugins.protocols import MailSender


def do_nothing() -> None:
    """Default for `before_end`."""


class Sender(Protocol):
    """Sends emails one at a time."""

    def send(self, email: EmailMessage, *, before_end: Callable[[], None] = do_nothing) -> None:
        """Send one email; on return the server has accepted it.

        `before_end` is called once, right before the end-of-message mark is sent: if an error
        occurs earlier, the email was certainly not accepted.

        Raises:
            MailRefusedError: permanent refusal of this email.
            MailDeferredError: temporary failure of this email.
            MailServerError: the server accepts no email at all.
        """


class FolderSender:
    """Writes each email to a folder as `MESSAGE-ID.eml`, such as `edition-12-….eml`."""

    def __init__(self, folder: Path) -> None:
        """`folder` is created when the first email is written."""
        self._folder = folder

    def send(self, email: EmailMessage, *, before_end: Callable[[], None] = do_nothing) -> None:
        """Write one file atomically; idempotent for the same Message-ID.

        Raises:
            MailServerError: the folder is not writable.
        """
        before_end()
        name = str(email["Message-ID"]).strip("<>").partition("@")[0]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part = self._folder / f"{name}.part"
            part.write_bytes(email.as_bytes())
            part.replace(self._folder / f"{name}.eml")
        except OSError as error:
            raise MailServerError(f"Cannot write into {self._folder}: {error.strerror}") from error


class PluginSender:
    """Sends emails with a plugin."""

    def __init__(self, name: str) -> None:
        """Load the plugin; raises MailServerError if that fails."""
        self._name = name
        try:
            self._plugin: MailSender = load_plugin("mail_senders", name, MailSender)
        except PluginError as error:
            raise MailServerError(str(error)) from error

    def send(self, email: EmailMessage, *, before_end: Callable[[], None] = do_nothing) -> None:
        """Send one email, see `Sender.send`; other errors of the plugin end the run of the job."""
        before_end()
        try:
            self._plugin.send(email)
        except MailError:
            raise
        except Exception as error:
            named = PluginError.from_exception("mail_senders", self._name, error)
            raise MailServerError(str(named)) from error
