"""What the demo shows on the terminal: progress, the table of stories, its quality, what next."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from jobs.running.context import Context
from service.commands.demo.samples import Contents, Sample
from service.commands.digest import Preview
from service.domain.evaluation import grouping_metrics
from service.domain.text.urls import canonical_url
from service.store.catalogue import feeds
from service.store.story_views import overview
from service.store.story_views.overview import StoryOverview

#: Stories in the table; the page shows all.
SHOWN = 40

#: Characters that the other columns of the table need, and that the two wide ones get at least.
FIXED_WIDTH, NARROWEST = 80, 20
#: Characters of a line where the output is no terminal that has a width of its own.
WIDTH = 150

console = Console(highlight=False)
if not console.is_terminal:
    console = Console(highlight=False, width=WIDTH)


@dataclass(slots=True)
class Bars:
    """Draws a bar for each step, and remembers how long it took."""

    progress: Progress
    tasks: dict[str, TaskID] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def __call__(self, step: str, done: int, total: int) -> None:
        if step not in self.tasks:
            self.tasks[step] = self.progress.add_task(step, total=total or 1)
            self.started[step] = time.monotonic()
        self.progress.update(self.tasks[step], completed=done, total=total or done or 1)
        self.seconds[step] = time.monotonic() - self.started[step]


@contextmanager
def bars() -> Iterator[Bars]:
    """Progress bars on the terminal; nothing where the output is no terminal."""
    columns = (TextColumn("{task.description:10}"), BarColumn(), MofNCompleteColumn())
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with progress:
        yield Bars(progress)


def show_start(sample: Sample, before: Contents) -> None:
    """Say what is read, and what is there already."""
    console.print(f"Reading the feeds of {sample.folder} as of {_moment(sample.now)}.")
    if before.articles:
        console.print(
            f"Already there: {before.feeds} feeds, {before.articles} articles, "
            f"{before.stories} stories. Only what is new will be added."
        )


def show_stories(context: Context) -> None:
    """The table of the stories that several articles report."""
    with context.sessions.begin() as session:
        found = overview.list_overview(session, limit=SHOWN)
        total = overview.count_stories(session)
    table = Table(title="Stories by independent coverage", title_justify="left")
    spare = max(console.width - FIXED_WIDTH, 2 * NARROWEST)
    table.add_column("headline", max_width=spare * 3 // 4, no_wrap=True, overflow="ellipsis")
    for name in ("reports", "outlets", "indep."):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("first, UTC", no_wrap=True)
    table.add_column("last, UTC", no_wrap=True)
    table.add_column("storyline", max_width=spare // 4, no_wrap=True, overflow="ellipsis")
    for line in found:
        table.add_row(*_cells(line))
    console.print(table)
    console.print(f"{len(found)} of {total} stories; the others have fewer reports.")


def show_quality(context: Context, labels: Path) -> None:
    """How well the grouping agrees with the folder's labels, if it has some."""
    if not labels.exists():
        return
    with context.sessions.begin() as session:
        story_of = overview.story_by_url(session)
    lines = [json.loads(line) for line in labels.read_text(encoding="utf-8").splitlines()]
    found = [(line, story_of.get(canonical_url(line["url"]) or line["url"])) for line in lines]
    missing = sum(story is None for _, story in found)
    known = [(line, story) for line, story in found if story is not None]
    console.print(f"\nAgreement with the {len(lines)} labels of the samples (B-cubed):")
    _show_agreement("all languages", known)
    _show_agreement("English", [pair for pair in known if pair[0]["lang"] == "en"])
    if missing:
        console.print(f"  [red]{missing} labelled articles were not found[/red]")


def show_feeds(context: Context) -> None:
    """Which feeds could not be read, and why."""
    with context.sessions.begin() as session:
        failed = [feed for feed, _ in feeds.all_feeds(session) if feed.error]
        total = feeds.count_feeds(session)
    console.print(f"\n{total - len(failed)} of {total} feeds were read.")
    kinds: dict[str, list[str]] = {}
    for feed in failed:
        kinds.setdefault(feed.error_kind or "", []).append(feed.title)
    for kind, titles in sorted(kinds.items()):
        names = ", ".join(titles[:3]) + (f" and {len(titles) - 3} more" if titles[3:] else "")
        console.print(f"  {len(titles)} x {kind}: {escape(names)}")


def show_seconds(seconds: Mapping[str, float]) -> None:
    """How long each step took."""
    console.print("Seconds: " + ", ".join(f"{step} {time:.1f}" for step, time in seconds.items()))


def show_preview(preview: Preview) -> None:
    """Where the digest email of the day can be looked at."""
    console.print(
        f"\nThe digest email of the day, {preview.stories} stories: {preview.page}", soft_wrap=True
    )


def show_next_steps(url: str | None) -> None:
    """What to open, and what to try next."""
    if url:
        console.print(f"\n[bold]Open {url}[/bold] in a browser. Ctrl-C ends.")
        console.print(f"The API: {url}v1/stories?min_independent=3, described in {url}openapi.json")
        console.print("Your own feed files: .venv/bin/samestory demo --feeds FOLDER")
    else:
        console.print(
            "\nThe same without [bold]ONCE=1[/bold] or [bold]--once[/bold] serves the page;"
        )
        console.print("[bold].venv/bin/samestory up[/bold] reads live feeds of news outlets.")


def _show_agreement(name: str, pairs: list[tuple[dict[str, str], str]]) -> None:
    if not pairs:
        return
    found = grouping_metrics.bcubed(
        [line["story"] for line, _ in pairs], [story for _, story in pairs]
    )
    console.print(
        f"  {name}: F1 {found.f1:.3f}, precision {found.precision:.3f}, recall {found.recall:.3f}"
        f" over {len(pairs)} articles"
    )


def _cells(line: StoryOverview) -> tuple[str, ...]:
    return (
        escape(line.headline),
        str(line.articles),
        str(line.coverage),
        str(line.independent),
        _moment(line.first_reported_at),
        _moment(line.last_reported_at),
        escape(line.storyline or ""),
    )


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
