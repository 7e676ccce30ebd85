"""Duplicate events in the digest: how often two cards of an edition show one event.

    python -m tests.quality.report.digests STREAM.jsonl.gz LABELLED.jsonl [--show 7]

Replays recorded days of feeds through the service's own jobs, in steps of two hours, and builds the
editions of readers at every second hour. The event of a card is the most frequent label of its
articles. Takes about twenty minutes on one core. `--show HOUR` prints the headlines of one reader.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from jobs.sending.digest import HISTORY_PERIOD
from service.commands.research import jsonl
from service.domain.subscribers.digests.editions import Digest, StoryCard
from service.domain.subscribers.digests.selection import History, select_stories
from service.domain.subscribers.digests.stories import DigestStory
from service.domain.subscribers.filters import Filters
from service.domain.subscribers.story_index import StoryIndex
from service.domain.urls.canonical import canonical_url
from service.settings import load
from service.settings.sections.delivery import DigestSettings
from tests.quality.sets.replayed_days import (
    SimulatedClock,
    first_seen,
    replay_days,
    temporary_context,
)

STEP = timedelta(hours=2)
FILTERS = (Filters(min_independent=2), Filters())


@dataclass(slots=True)
class Reader:
    """A reader with a daily edition, and the articles of past editions."""

    hour: int
    filters: Filters
    read: list[tuple[datetime, frozenset[int]]] = field(default_factory=list)

    def next_edition(
        self, stories: Sequence[DigestStory], now: datetime, settings: DigestSettings
    ) -> Digest:
        """Build the edition of a day and mark it as read."""
        recent = [(at, articles) for at, articles in self.read if at >= now - HISTORY_PERIOD]
        articles = frozenset[int]().union(*(articles for _, articles in recent))
        since = max((at for at, _ in recent), default=now - timedelta(days=1))
        edition = select_stories(
            StoryIndex(stories), self.filters, History(since, articles), settings
        )
        shown = frozenset(article for card in edition.cards for article in card.articles)
        self.read.append((now, shown))
        return edition


@dataclass(slots=True)
class DuplicateCounts:
    """Numbers of editions and cards, with labelled articles among them, and of duplicates.

    `duplicates`: cards of an event that an earlier card of the edition shows. `overlapping`: cards
    that share any label with an earlier card.
    """

    editions: int = 0
    cards: int = 0
    labelled_editions: int = 0
    labelled_cards: int = 0
    duplicates: int = 0
    overlapping: int = 0

    def count(self, card_labels: Sequence[Counter[str]]) -> None:
        """Add an edition, given the labels of each card."""
        labelled = [labels for labels in card_labels if labels]
        events = [labels.most_common(1)[0][0] for labels in labelled]
        self.editions += 1
        self.cards += len(card_labels)
        self.labelled_editions += bool(labelled)
        self.labelled_cards += len(labelled)
        self.duplicates += len(events) - len(set(events))
        self.overlapping += sum(
            any(labels.keys() & other.keys() for other in labelled[:position])
            for position, labels in enumerate(labelled)
        )

    def __str__(self) -> str:
        """The counts in one line."""
        return (
            f"{self.editions} editions with {self.cards} cards; {self.labelled_cards} cards in "
            f"{self.labelled_editions} editions have labelled articles: {self.duplicates} repeat "
            f"an event, {self.overlapping} share a label with an earlier card"
        )


def load_labels(path: Path) -> dict[str, str]:
    """The event of each labelled article, by canonical URL."""
    rows = [line.values for line in jsonl.read_lines(str(path))]
    return {canonical_url(str(row["url"])) or "": str(row["story"]) for row in rows}


def count_labels(story: DigestStory, labels: Mapping[str, str]) -> Counter[str]:
    """Number of labelled articles in a story, by event."""
    urls = [canonical_url(report.url) or "" for report in story.reports]
    return Counter(labels[url] for url in urls if url in labels)


def main(
    stream: Annotated[Path, typer.Argument(help="Recorded articles with `first_seen`.")],
    labelled: Annotated[Path, typer.Argument(help="Labelled articles.")],
    show: Annotated[int, typer.Option(help="Print the cards of the reader of this hour.")] = -1,
) -> None:
    """Count duplicate events in the editions of replayed days."""
    lines = sorted((line.values for line in jsonl.read_lines(str(stream))), key=first_seen)
    start = first_seen(lines[0]).replace(minute=0, second=0, microsecond=0)
    labels, settings, counts = load_labels(labelled), load.load({}).digest, DuplicateCounts()
    readers = [Reader(hour, filters) for hour in range(24) for filters in FILTERS]
    clock = SimulatedClock(start)
    with temporary_context(clock) as context:
        for now, stories in replay_days(context, clock, lines, step=STEP):
            by_id = {part.id: each for each in stories for part in (each, *each.parts)}
            for reader in [each for each in readers if each.hour == now.hour]:
                edition = reader.next_edition(stories, now, settings)
                counts.count([count_labels(by_id[card.story], labels) for card in edition.cards])
                if reader.hour == show and reader.filters == FILTERS[0]:
                    typer.echo("\n".join(_format_cards(now, edition.cards)))
    typer.echo(counts)


def _format_cards(now: datetime, cards: Sequence[StoryCard]) -> Iterator[str]:
    yield f"== {now:%Y-%m-%d %H:%M}"
    for card in cards:
        yield f"{card.independent:3} {card.headline}"
        yield from (f"      also: {line.headline}" for line in card.also)


if __name__ == "__main__":
    typer.run(main)
