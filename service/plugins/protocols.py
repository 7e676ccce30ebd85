"""Protocols of plugins. Each entry point names a function or class without parameters."""

from collections.abc import Sequence
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from service.domain.articles.entries import ParsedFeed
from service.domain.articles.model import Article
from service.domain.entities.story_entities import Entity


@runtime_checkable
class EncoderPlugin(Protocol):
    """Encodes texts as vectors; group `samestory.encoders`, setting `embed.model`."""

    @property
    def model(self) -> str:
        """Tag of model and weights; vectors with different tags are not comparable."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row of unit length per text, shape (n, dimensions), in the same order."""
        ...


@runtime_checkable
class EntityRecogniser(Protocol):
    """Finds the entities of a story; group `samestory.entities`, setting `entities.plugin`."""

    def find_entities(self, articles: Sequence[Article]) -> Sequence[Entity]:
        """Return the entities of a story's articles, most important first.

        `Entity.articles` is the number of articles that contain the name.
        """
        ...


@runtime_checkable
class FeedParser(Protocol):
    """Parses feeds of other formats; group `samestory.feed_parsers`, setting `parse.plugins`.

    It runs in the parser processes, which have limits of time and memory and no access to the
    database.
    """

    def parse(self, body: bytes, *, url: str, content_type: str) -> ParsedFeed | None:
        """Return the feed, or None to leave it to the next parser; `url` is its address."""
        ...


@runtime_checkable
class MailSender(Protocol):
    """Sends emails; group `samestory.mail_senders`, setting `mail.plugin`."""

    def send(self, email: EmailMessage) -> None:
        """Send one email; on return the service has accepted it.

        Raises:
            MailRefusedError: permanent refusal of this email.
            MailDeferredError: temporary failure of this email.
            MailServerError: the service accepts no email at all.
        """
        ...


@runtime_checkable
class ExportTarget(Protocol):
    """Stores daily dumps; group `samestory.export_targets`, setting `export.target`."""

    def has_dump(self, day: date) -> bool:
        """Whether there is a complete dump of a day."""
        ...

    def store(self, day: date, folder: Path) -> None:
        """Store the files of a folder as the dump of a day; replace an earlier one."""
        ...

    def delete_before(self, day: date) -> int:
        """Delete the dumps of earlier days, and return their number."""
        ...
