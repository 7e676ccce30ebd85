"""Hands emails on: what a sender promises, and one that writes them into a folder."""

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol


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
    """Writes each email as a file `NUMBER.eml` into a folder, to be looked at."""

    def __init__(self, folder: Path) -> None:
        """The folder is made if it is missing."""
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)

    def send(self, email: EmailMessage, *, before_end: Callable[[], None] = nothing) -> None:
        """Write one file."""
        before_end()
        number = sum(1 for _ in self._folder.glob("*.eml")) + 1
        (self._folder / f"{number}.eml").write_bytes(email.as_bytes())
