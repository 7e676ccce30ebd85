"""Hands emails on: what a sender promises, and one that writes them into a folder."""

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from service.errors import MailServerError


def nothing() -> None:
    """Nobody needs to know."""


class Sender(Protocol):
    """Hands emails on, one after the other."""

    def send(self, email: EmailMessage, *, before_end: Callable[[], None] = nothing) -> None:
        """Hand one email on; when this returns, it is in others' hands.

        `before_end` is called once, after everything but the mark that ends the email was handed
        over: what fails before that was certainly not taken.

        Raises:
            MailRefusedError: it never will be taken.
            MailDeferredError: it was not taken now.
            MailServerError: nothing is taken now.
        """


class FolderSender:
    """Writes each email into a folder, to be looked at: `issue-12-….eml`, by its Message-ID."""

    def __init__(self, folder: Path) -> None:
        """The folder is made when it is needed."""
        self._folder = folder

    def send(self, email: EmailMessage, *, before_end: Callable[[], None] = nothing) -> None:
        """Write one file as a whole; the same email again is the same file.

        Raises:
            MailServerError: the folder cannot be written into.
        """
        before_end()
        name = str(email["Message-ID"]).strip("<>").partition("@")[0]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part = self._folder / f"{name}.part"
            part.write_bytes(email.as_bytes())
            part.replace(self._folder / f"{name}.eml")
        except OSError as error:
            raise MailServerError(f"cannot write into {self._folder}: {error.strerror}") from error
