"""How often a digest shows one event on two cards, over recorded days of feeds.

    python -m tests.quality.report.digests STREAM.jsonl.gz LABELLED.jsonl [--show 7]

replays the stream through the service's own jobs, two hours at a step, and makes the issues of readers of
every second hour. A card tells the event that most of its labelled articles belong to. Takes some
twenty minutes of one core. `--show HOUR` prints the headlines of one reader, to be read by eye.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from jobs.digest import MEMORY
from service.commands.research import jsonl
from service.domain.subscribers.digest_model import Digest, DigestStory, StoryCard
from service.domain.subscribers.digest_selection import Filters, History, select_stories
from service.domain.text.urls import canonical_url
from service.settings import load
from service.settings.delivery import DigestSettings
from tests.quality.sets.replayed_days import Clock, replayed, seen, throwaway_world

STEP = timedelta(hours=2)
FILTERS = (Filters(min_independent=2), Filters())


@dataclass(slots=True)
class Reader:
    """Somebody with an issue a day, and what they have read."""

    hour: int
    filters: Filters
    read: list[tuple[datetime, frozenset[int]]] = field(default_factory=list)

    def issue(self, stories: Sequence[DigestStory], now: datetime, how: DigestSettings) -> Digest:
        """The issue of a day, which is read at once."""
        recent = [(at, articles) for at, articles in self.read if at >= now - MEMORY]
        known = frozenset[int]().union(*(articles for _, articles in recent))
        since = max((at for at, _ in recent), default=now - timedelta(days=1))
        found = select_stories(stories, self.filters, History(since, known), how)
        self.read.append((now, frozenset(each for card in found.cards for each in card.articles)))
        return found


@dataclass(slots=True)
class Figures:
    """Issues and cards, those that hold labelled articles, and cards of an event told already.

    `sharing`: cards that hold any article of an event of which an earlier one holds any, too.
    """

    issues: int = 0
    cards: int = 0
    labelled_issues: int = 0
    labelled_cards: int = 0
    twice: int = 0
    sharing: int = 0

    def count(self, told: Sequence[Counter[str]]) -> None:
        """Add an issue, given the labels of each card."""
        labelled = [each for each in told if each]
        events = [each.most_common(1)[0][0] for each in labelled]
        self.issues += 1
        self.cards += len(told)
        self.labelled_issues += bool(labelled)
        self.labelled_cards += len(labelled)
        self.twice += len(events) - len(set(events))
        self.sharing += sum(
            any(each.keys() & other.keys() for other in labelled[:place])
            for place, each in enumerate(labelled)
        )

    def __str__(self) -> str:
        """The figures in a line."""
        return (
            f"{self.issues} issues with {self.cards} cards; {self.labelled_cards} cards of "
            f"{self.labelled_issues} issues hold labelled articles: {self.twice} tell an event "
            f"again, {self.sharing} share any label with an earlier card"
        )


def labels_of(path: Path) -> dict[str, str]:
    """The event of each labelled article, by its canonical URL."""
    rows = [line.values for line in jsonl.read_lines(str(path))]
    return {canonical_url(str(row["url"])) or "": str(row["story"]) for row in rows}


def told_by(story: DigestStory, labels: Mapping[str, str]) -> Counter[str]:
    """How many labelled articles of each event a story holds."""
    urls = [canonical_url(report.url) or "" for report in story.reports]
    return Counter(labels[url] for url in urls if url in labels)


def main(
    stream: Annotated[Path, typer.Argument()],
    labelled: Annotated[Path, typer.Argument()],
    show: Annotated[int, typer.Option(help="Print the cards of the reader of this hour.")] = -1,
) -> None:
    """Replay, count, print."""
    lines = sorted((line.values for line in jsonl.read_lines(str(stream))), key=seen)
    start = seen(lines[0]).replace(minute=0, second=0, microsecond=0)
    labels, how, figures = labels_of(labelled), load.load({}).digest, Figures()
    readers = [Reader(hour, filters) for hour in range(24) for filters in FILTERS]
    clock = Clock(start)
    with throwaway_world(clock) as world:
        for now, stories in replayed(world, clock, lines, every=STEP):
            by_id = {each.id: each for each in stories}
            for reader in [each for each in readers if each.hour == now.hour]:
                issue = reader.issue(stories, now, how)
                figures.count([told_by(by_id[card.story], labels) for card in issue.cards])
                if reader.hour == show and reader.filters == FILTERS[0]:
                    typer.echo("\n".join(_shown(now, issue.cards)))
    typer.echo(figures)


def _shown(now: datetime, cards: Sequence[StoryCard]) -> Iterator[str]:
    yield f"== {now:%Y-%m-%d %H:%M}"
    for card in cards:
        yield f"{card.independent:3} {card.headline}"
        yield from (f"      also: {line.headline}" for line in card.also)


if __name__ == "__main__":
    typer.run(main)
