"""Feeds that publish stored articles at many times their speed, and misbehave on demand."""

import asyncio
import gzip
import hashlib
import json
import os
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Self
from xml.sax.saxutils import escape

from service.domain.catalogue.outlets import Outlet
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from service.store.database.sessions import Sessions
from tests.support.servers.chaos_server import (
    ChaosRequest,
    ChaosServer,
    Fault,
    Respond,
    head,
    send,
    sized,
)
from tests.support.servers.faults import FAULTS
from tests.support.soak import BROKEN

#: Entries per document; older ones disappear.
WINDOW = 100
#: A misbehaving server answers this share of the requests with a fault.
MISBEHAVING = 0.5
#: The fault that ends the feed for good.
_FINAL = {"gone"}
FEEDS = Path("stream", "feeds_2026-08.jsonl.gz")


@dataclass(frozen=True, slots=True)
class Entry:
    """An article of a feed; `at` is its time in the replay, in seconds of the real feeds."""

    at: float
    outlet: str
    url: str
    title: str
    text: str
    published: datetime


def data_folder() -> Path | None:
    """Return the folder of the real feeds; None if it is absent."""
    folder = Path(os.environ.get("SAMESTORY_DATA", Path(__file__).parents[4] / "shared/data"))
    return folder if (folder / FEEDS).exists() else None


def load_entries(folder: Path, seconds: float, end: datetime) -> list[Entry]:
    """Load the first seconds of the stream; its dates are moved so that it ends at `end`."""
    with gzip.open(folder / FEEDS, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    seen = [datetime.fromisoformat(each["first_seen"]) for each in records]
    first = min(seen)
    shift = end - first - timedelta(seconds=seconds)
    return [
        Entry(
            at=(at - first).total_seconds(),
            outlet=each["outlet"],
            url=each["url"],
            title=each["title"],
            text=each["text"],
            published=datetime.fromisoformat(each["published"]) + shift,
        )
        for each, at in zip(records, seen, strict=True)
        if (at - first).total_seconds() <= seconds and each["published"]
    ]


class Replay:
    """A loopback server with one feed per outlet. Use as a context manager."""

    def __init__(self, entries: Sequence[Entry], *, speed: float) -> None:
        self.speed = speed
        self.misbehaves = False
        self.faults = 0  #: responses with a fault
        self._start = 0.0
        self._rng = random.Random(7)
        self._by_outlet: dict[str, list[Entry]] = defaultdict(list)
        for entry in sorted(entries, key=lambda each: each.at):
            self._by_outlet[entry.outlet].append(entry)
        self._server = ChaosServer(FAULTS | {"feed": Fault(self._respond)})

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.__exit__(None, None, None)

    def subscribe(self, sessions: Sessions, now: datetime) -> None:
        """Add the feeds to a database."""
        outlets = [Outlet(each, each, sites=(f"{each}.example",)) for each in self._by_outlet]
        new = [NewFeed(self._server.url("feed", each), each, each) for each in self._by_outlet]
        with sessions.begin() as session:
            feeds.save_outlets(session, outlets)
            feeds.add_feeds(session, new, now=now)

    def start(self) -> None:
        """Begin to publish."""
        self._start = time.time()

    def published_at(self, entry: Entry) -> float:
        """Time at which an entry appears in its feed, in seconds since the epoch."""
        return self._start + entry.at / self.speed

    async def _respond(self, request: ChaosRequest, writer: asyncio.StreamWriter) -> None:
        respond = self._serve(request)
        if self.misbehaves and self._rng.random() < MISBEHAVING:
            self.faults += 1
            respond = FAULTS[self._rng.choice([n for n in BROKEN if n not in _FINAL])].respond
        await respond(request, writer)

    def _serve(self, request: ChaosRequest) -> Respond:
        entries = self._by_outlet[request.prefix.strip("/")]
        now = time.time()
        body = _render([each for each in entries if self.published_at(each) <= now][-WINDOW:])
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        header = f"ETag: {etag}".encode()
        if request.headers.get("if-none-match") == etag:
            return send(head(header, status=b"HTTP/1.1 304 Not Modified"))
        return sized(header, b"Content-Type: application/rss+xml", body=body)


def _render(entries: Sequence[Entry]) -> bytes:
    items = "".join(
        f"<item><title>{escape(each.title)}</title><link>{escape(each.url)}</link>"
        f"<guid>{escape(each.url)}</guid><description>{escape(each.text)}</description>"
        f"<pubDate>{format_datetime(each.published)}</pubDate></item>"
        for each in reversed(entries)
    )
    channel = f"<channel><title>Feed</title><language>en</language>{items}</channel>"
    return f"<rss version='2.0'>{channel}</rss>".encode()
