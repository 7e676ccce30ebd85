"""Example plugins, one of each kind, and plugins that fail."""

import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from service.plugins import Article, Entity, Entry, Kind, ParsedFeed


class LetterEncoder:
    """Encodes a text by the frequencies of its letters."""

    model = "letters-1"
    dimensions = 26

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the frequencies, plus a small constant so that no vector is zero."""
        counts = [
            [text.lower().count(chr(97 + each)) + 0.01 for each in range(26)] for text in texts
        ]
        vectors = np.array(counts, np.float32)
        lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / lengths


class BrokenEncoder(LetterEncoder):
    """Returns vectors of a wrong length."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors that are twice as long."""
        return super().encode(texts) * 2


class CapitalWords:
    """Takes each word in capitals as an organisation."""

    def find_entities(self, articles: Sequence[Article]) -> Sequence[Entity]:
        """Count the words in the titles; fails for titles with the word "fail"."""
        if any("fail" in each.title for each in articles):
            raise ValueError("a title that this plugin cannot read")
        words = Counter(word for each in articles for word in re.findall(r"[A-Z]{2,}", each.title))
        return [Entity(word, Kind.ORGANISATION, count) for word, count in words.most_common()]


class LineFeed:
    """Parses text with an address and a title per line."""

    def parse(self, body: bytes, *, url: str, content_type: str) -> ParsedFeed | None:
        """Parse a body of the type text/x-lines."""
        if not content_type.startswith("text/x-lines"):
            return None
        rows = [line.split(" ", 1) for line in body.decode().splitlines()]
        entries = tuple(Entry(guid=link, link=link, title=title) for link, title in rows)
        return ParsedFeed(title=url, format="lines", entries=entries)


class BrokenParser:
    """Fails for each feed."""

    def parse(self, body: bytes, *, url: str, content_type: str) -> ParsedFeed | None:
        """Fail."""
        raise LookupError(f"no parser for {content_type} of {len(body)} bytes from {url}")


class HostileParser:
    """Exceeds the time limit or the memory limit, or crashes, as the type of the feed demands."""

    def parse(self, body: bytes, *, url: str, content_type: str) -> ParsedFeed | None:
        """Misbehave, or leave the feed to the next parser."""
        del body, url
        if content_type == "text/x-hang":
            time.sleep(600)
        if content_type == "text/x-crash":
            os._exit(7)
        if content_type == "text/x-memory":
            bytearray(8 << 30)
        return None


def endless() -> None:
    """Hang while a plugin is created."""
    time.sleep(600)


def crashing() -> None:
    """End the process while a plugin is created."""
    os._exit(7)


class MemorySender:
    """Keeps emails in a list."""

    sent: ClassVar[list[EmailMessage]] = []

    def send(self, email: EmailMessage) -> None:
        """Keep the email."""
        self.sent.append(email)


class BrokenSender:
    """Fails for each email."""

    def send(self, email: EmailMessage) -> None:
        """Fail."""
        raise ConnectionError(f"the service does not accept {email['Subject']}")


class CopiedDumps:
    """Copies dumps to the folder that the variable EXAMPLE_DUMPS names."""

    def __init__(self) -> None:
        self._folder = Path(os.environ["EXAMPLE_DUMPS"])

    def has_dump(self, day: date) -> bool:
        """Whether the folder of the day exists."""
        return (self._folder / day.isoformat()).is_dir()

    def store(self, day: date, folder: Path) -> None:
        """Copy the folder."""
        shutil.copytree(folder, self._folder / day.isoformat(), dirs_exist_ok=True)

    def delete_before(self, day: date) -> int:
        """Delete folders of earlier days."""
        old = [each for each in self._folder.iterdir() if each.name < day.isoformat()]
        for each in old:
            shutil.rmtree(each)
        return len(old)


def broken() -> None:
    """Fail to create a plugin."""
    raise RuntimeError("no licence file")
