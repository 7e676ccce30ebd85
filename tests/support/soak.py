"""Soak of the job `fetch`: many feeds that publish and revise entries, some of which misbehave.

A third of the misbehaving feeds fails at every second fetch only, so their entries must arrive as
well.
"""

import asyncio
import hashlib
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from typing import Self

from sqlalchemy import select

from jobs.fetch import fetch
from jobs.running.context import Context
from service.domain.catalogue.outlets import Outlet
from service.store.catalogue import feed_history, feeds
from service.store.catalogue.feeds import NewFeed
from service.store.tables import ArticleRow, FeedRow, FetchRow
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

#: Entries per document; older ones disappear.
WINDOW = 12
#: One in this many new entries replaces the text of the entry before it.
REVISED = 3
#: One host serves all feeds here. 429 would pause it, and on a connection that was used before, a
#: response other than HTTP counts as the end of the connection.
_UNSUITABLE = {"unknown-protection", "not-http"}
BROKEN = tuple(name for name, fault in FAULTS.items() if fault.error and name not in _UNSUITABLE)


@dataclass(slots=True)
class Publication:
    """A feed of the soak: its entries, and the fault that its server has, if any."""

    name: str
    fault: str = ""
    is_intermittent: bool = False
    entries: list[tuple[str, int, datetime]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    requests: int = 0

    @property
    def always_fails(self) -> bool:
        return bool(self.fault) and not self.is_intermittent

    def publish(self, now: datetime) -> None:
        """Add an entry, or revise the latest one."""
        number = next(self.numbers)
        if self.entries and number % REVISED == 0:
            title, version, at = self.entries[-1]
            self.entries[-1] = title, version + 1, at
        else:
            self.entries.append((f"Report {number} of outlet {self.name}", 1, now))

    def document(self) -> bytes:
        """Render the latest entries as RSS."""
        items = "".join(
            f"<item><title>{title}</title><guid isPermaLink='false'>{title}</guid>"
            f"<link>https://outlet{self.name}.example/{title.replace(' ', '-')}</link>"
            f"<description>Version {version} of the text.</description>"
            f"<pubDate>{format_datetime(at)}</pubDate></item>"
            for title, version, at in reversed(self.entries[-WINDOW:])
        )
        return (
            f"<rss version='2.0'><channel><title>{self.name}</title><language>en</language>{items}</channel></rss>"
        ).encode()


@dataclass(frozen=True, slots=True)
class SoakReport:
    """The result of a soak; without `problems`, nothing was lost, doubled or unnamed."""

    runs: int
    requests: int
    entries: int  #: published by feeds that can be read
    articles: int
    revised: int
    problems: tuple[str, ...]


class Soak:
    """Feeds on a loopback server, fetched by the job `fetch`. Use as a context manager."""

    def __init__(self, context: Context, *, count: int, misbehaving: int) -> None:
        limits = replace(
            context.settings.fetch,
            timeout_seconds=2.0,
            max_received_bytes=1 << 22,
            max_body_bytes=1 << 22,
        )
        self.context = replace(context, settings=replace(context.settings, fetch=limits))
        faults = itertools.islice(itertools.cycle(BROKEN), misbehaving)
        self.publications = [
            # A feed that is gone is not fetched again.
            Publication(str(number), fault, number % 3 == 0 and fault != "gone")
            for number, fault in enumerate(itertools.chain(faults, [""] * (count - misbehaving)))
        ]
        self._by_name = {each.name: each for each in self.publications}
        self._totals: Counter[str] = Counter()
        self._runs = 0
        self._server = ChaosServer(FAULTS | {"feed": Fault(self._respond)})

    def __enter__(self) -> Self:
        self._server.__enter__()
        for each in self.publications:
            each.publish(self.context.clock())
        with self.context.sessions.begin() as session:
            outlets = [
                Outlet(f"outlet{each.name}", each.name, sites=(f"outlet{each.name}.example",))
                for each in self.publications
            ]
            feeds.save_outlets(session, outlets)
            new = [
                NewFeed(self._server.url("feed", each.name), f"outlet{each.name}", each.name)
                for each in self.publications
            ]
            feeds.add_feeds(session, new, now=self.context.clock())
        return self

    def __exit__(self, *error: object) -> None:
        self._server.__exit__(None, None, None)

    def publish(self, publications: Sequence[Publication]) -> None:
        """Let some feeds publish an entry."""
        for each in publications:
            each.publish(self.context.clock())

    def run(self) -> None:
        """Run the job `fetch` once."""
        self._totals += fetch(self.context)
        self._runs += 1

    def finish(self) -> SoakReport:
        """Fetch each feed twice more, so that it is read at least once, and compare."""
        for _ in range(2):
            with self.context.sessions.begin() as session:
                feeds.make_all_due(session, now=self.context.clock())
            self.run()
        readable = [each for each in self.publications if not each.always_fails]
        published = Counter(title for each in readable for title, _, _ in each.entries)
        with self.context.sessions.begin() as session:
            stored = Counter(session.scalars(select(ArticleRow.title)))
            fetches = {
                row.title: feed_history.list_fetches(session, row.id, limit=10_000)
                for row in session.scalars(select(FeedRow))
            }
        problems = [f"lost: {title}" for title in published - stored]
        problems += [f"stored twice or unknown: {title}" for title in stored - published]
        for each in self.publications:
            problems += _find_problems(each, fetches[each.name])
        return SoakReport(
            runs=self._runs,
            requests=sum(each.requests for each in self.publications),
            entries=sum(published.values()),
            articles=sum(stored.values()),
            revised=self._totals["revised"],
            problems=tuple(problems),
        )

    async def _respond(self, request: ChaosRequest, writer: asyncio.StreamWriter) -> None:
        publication = self._by_name[request.prefix.strip("/")]
        publication.requests += 1
        is_failing = publication.always_fails or (publication.fault and self._runs % 2 == 0)
        respond = FAULTS[publication.fault].respond if is_failing else _serve(publication, request)
        await respond(request, writer)


def _serve(publication: Publication, request: ChaosRequest) -> Respond:
    body = publication.document()
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    header = f"ETag: {etag}".encode()
    if request.headers.get("if-none-match") == etag:
        return send(head(header, status=b"HTTP/1.1 304 Not Modified"))
    return sized(header, b"Content-Type: application/rss+xml", body=body)


def _find_problems(publication: Publication, fetches: Sequence[FetchRow]) -> list[str]:
    """Compare the outcomes of the fetches of a feed with its fault."""
    fault = FAULTS.get(publication.fault)
    outcomes = {(each.error_kind, each.error) for each in fetches}
    failures = {(kind, error) for kind, error in outcomes if kind}
    wrong = [
        f"feed {publication.name}: {kind}: {error}"
        for kind, error in failures
        if fault is None or kind != fault.error or fault.text not in str(error)
    ]
    if fault and not failures:
        wrong.append(f"feed {publication.name}: {publication.fault} is not named")
    if publication.always_fails and failures != outcomes:
        wrong.append(f"feed {publication.name}: {publication.fault} was read")
    return wrong
