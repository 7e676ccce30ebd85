"""Faults of the editions of five readers over 30 days, by kind.

    python -m tests.quality.report.editions OUT_DIR [--stream STREAM.jsonl.gz --labels DAY.jsonl]

Writes each edition as text to `OUT_DIR/READER/DATE.txt`, and prints the number of faults of each
kind. Without a stream the news is invented. With one, its recorded days are replayed through the
service's own jobs, which takes about half an hour for ten days; they repeat, shifted, until 30 days
are over.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from service.commands.research import jsonl
from service.domain.subscribers.digests.events import join_events
from service.domain.subscribers.digests.stories import DigestStory
from service.domain.urls.canonical import canonical_url
from service.settings import load
from tests.quality.report.digests import load_labels
from tests.quality.sets.replayed_days import (
    SimulatedClock,
    first_seen,
    replay_days,
    temporary_context,
)
from tests.support.content.edition_readers import Edition, Reader, five_readers
from tests.support.content.generated_days import OUTLETS, generate_events

DAYS = 30
START = datetime(2026, 3, 1, tzinfo=UTC)
STEP = timedelta(hours=6)
#: Stories without a report in this time are not shown to the digest.
_WINDOW = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The stories of a time, and the true event of labelled articles."""

    at: datetime
    stories: list[DigestStory]
    event_of: Mapping[int, str]


def invented_days(seed: int, days: int, *, each: int = 25) -> Iterator[Snapshot]:
    """The stories of each hour of some invented days, those of one event joined."""
    events = generate_events(random.Random(seed), START, days, each)
    event_of = {report.article: event.id for event in events for report in event.reports}
    for hour in range(24 * days):
        now = START + timedelta(hours=hour)
        parts = [event.stories_at(now) for event in events]
        recent = [
            [story for story in stories if story.times[-1] > now - _WINDOW] for stories in parts
        ]
        pairs = [[story.id for story in stories] for stories in recent if len(stories) > 1]
        stories = join_events([story for each in recent for story in each], pairs)
        yield Snapshot(now, stories, event_of)


def recorded_days(stream: Path, labelled: Path, days: int) -> Iterator[Snapshot]:
    """The stories of each step of recorded days, repeated with later times and other ids."""
    lines = sorted((line.values for line in jsonl.read_lines(str(stream))), key=first_seen)
    start = first_seen(lines[0]).replace(minute=0, second=0, microsecond=0)
    labels, clock = load_labels(labelled), SimulatedClock(start)
    with temporary_context(clock) as context:
        snapshots = [
            Snapshot(now, stories, _label(stories, labels))
            for now, stories in replay_days(context, clock, lines, step=STEP)
        ]
    length = snapshots[-1].at - start
    for cycle in range(-(-days // max(length.days, 1))):
        for snapshot in snapshots:
            yield _shift(snapshot, cycle, cycle * length)


def _label(stories: list[DigestStory], labels: Mapping[str, str]) -> dict[int, str]:
    reports = (report for story in stories for report in story.reports)
    urls = {report.article: canonical_url(report.url) or "" for report in reports}
    return {article: labels[url] for article, url in urls.items() if url in labels}


def _shift(snapshot: Snapshot, cycle: int, by: timedelta) -> Snapshot:
    """The same stories at a later time, with the ids of another cycle."""

    def later(story: DigestStory) -> DigestStory:
        return replace(
            story,
            id=f"{story.id}-{cycle}",
            storyline=f"{story.storyline}-{cycle}" if story.storyline else None,
            rank=story.rank + by / timedelta(hours=1),
            changed_at=story.changed_at + by,
            headline_article=_number(story.headline_article, cycle),
            reports=tuple(
                replace(each, article=_number(each.article, cycle), at=each.at + by)
                for each in story.reports
            ),
            local_headlines=frozenset(_number(each, cycle) for each in story.local_headlines),
            parts=tuple(map(later, story.parts)),
        )

    events = {_number(key, cycle): f"{name}-{cycle}" for key, name in snapshot.event_of.items()}
    return Snapshot(snapshot.at + by, [later(each) for each in snapshot.stories], events)


def _number(article: int | None, cycle: int) -> int:
    return ((article or 0) << 8) + cycle


def read_editions(
    snapshots: Iterator[Snapshot], readers: list[Reader]
) -> Iterator[tuple[Edition, Snapshot]]:
    """Each edition of the readers, in order of time, with the stories of its time."""
    settings = load.load({}).digest
    for snapshot in snapshots:
        for reader in readers:
            if edition := reader.next_edition(snapshot.stories, snapshot.at, settings):
                yield edition, snapshot


def main(
    out: Annotated[Path, typer.Argument(help="Output folder.")],
    stream: Annotated[
        Path | None, typer.Option(help="Recorded articles with `first_seen`.")
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="Labelled articles of the stream.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the invented news.")] = 1,
) -> None:
    """Write the editions of five readers over 30 days and count their faults."""
    if stream and labels:
        snapshots, outlets = recorded_days(stream, labels, DAYS), ["bbc", "cnn", "fox", "npr"]
        lines = sorted((line.values for line in jsonl.read_lines(str(stream))), key=first_seen)
        start = first_seen(lines[0])
    else:
        snapshots, outlets, start = invented_days(seed, DAYS), OUTLETS["en"], START
    readers = five_readers(start, outlets, [f"saga-{number}" for number in range(5)])
    faults: Counter[str] = Counter()
    editions: Counter[str] = Counter()
    settings = load.load({}).digest
    for edition, snapshot in read_editions(snapshots, readers):
        folder = out / edition.reader.name
        folder.mkdir(parents=True, exist_ok=True)
        found = list(edition.find_faults(settings, snapshot.event_of))
        faults.update(kind for kind, _ in found)
        editions[edition.reader.name] += 1
        lines_of_faults = [f"FAULT {kind}: {text}" for kind, text in found]
        text = "\n".join([*lines_of_faults, edition.render().text])
        (folder / f"{edition.at:%Y-%m-%d}.txt").write_text(text, encoding="utf-8")
    typer.echo(f"editions: {dict(editions)}")
    typer.echo(f"faults: {dict(faults) or 'none'}")


if __name__ == "__main__":
    typer.run(main)
