"""Terminal output of the demo: progress, table of stories, quality, next steps."""

import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from jobs.running.context import Context
from service.commands.demo.samples import Contents, Sample
from service.commands.digest import Preview
from service.commands.running.times import format_time
from service.domain.evaluation import grouping_metrics
from service.domain.urls.canonical import canonical_url
from service.store.catalogue import feeds
from service.store.story_views import overview

#: Maximum stories in the table.
MAX_ROWS = 40

#: Width of the narrow columns of the table together, and minimum width of the two wide columns.
FIXED_WIDTH, MIN_COLUMN_WIDTH = 80, 20
#: Line width if the output is not a terminal.
WIDTH = 150

console = Console(highlight=False)
if not console.is_terminal:
    console = Console(highlight=False, width=WIDTH)


@dataclass(slots=True)
class ProgressBars:
    """Progress callback: draws a bar per step and measures its duration."""

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
def progress_bars() -> Iterator[ProgressBars]:
    """Show progress bars if the output is a terminal."""
    columns = (TextColumn("{task.description:10}"), BarColumn(), MofNCompleteColumn())
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with progress:
        yield ProgressBars(progress)


def show_start(sample: Sample, before: Contents) -> None:
    """Print the sample folder and the present contents of the database."""
    console.print(f"Fetching the feeds in {sample.folder} as of {format_time(sample.now)}.")
    if before.articles:
        console.print(
            f"Existing: {before.feeds} feeds, {before.articles} articles, "
            f"{before.stories} stories. Only new articles will be added."
        )


def show_stories(context: Context) -> None:
    """Print the table of stories with several articles."""
    with context.sessions.begin() as session:
        rows = overview.list_overview(session, limit=MAX_ROWS)
        total = overview.count_stories(session)
    table = Table(title="Stories by independent coverage", title_justify="left")
    spare = max(console.width - FIXED_WIDTH, 2 * MIN_COLUMN_WIDTH)
    table.add_column("headline", max_width=spare * 3 // 4, no_wrap=True, overflow="ellipsis")
    for name in ("reports", "outlets", "indep."):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("first, UTC", no_wrap=True)
    table.add_column("last, UTC", no_wrap=True)
    table.add_column("storyline", max_width=spare // 4, no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(
            escape(row.headline),
            str(row.articles),
            str(row.coverage),
            str(row.independent),
            format_time(row.first_reported_at),
            format_time(row.last_reported_at),
            escape(row.storyline or ""),
        )
    console.print(table)
    console.print(f"{len(rows)} of {total} stories; the others have fewer reports.")


def show_quality(context: Context, labels: Path) -> None:
    """Print precision and recall of the grouping against the folder's labels, if any."""
    if not labels.exists():
        return
    with context.sessions.begin() as session:
        story_of = overview.story_by_url(session)
    lines = [json.loads(line) for line in labels.read_text(encoding="utf-8").splitlines()]
    pairs = [(line, story_of.get(canonical_url(line["url"]) or line["url"])) for line in lines]
    missing = sum(story is None for _, story in pairs)
    labelled = [(line, story) for line, story in pairs if story is not None]
    console.print(f"\nAgreement with the {len(lines)} labels of the samples (B-cubed):")
    _show_agreement("all languages", labelled)
    _show_agreement("English", [pair for pair in labelled if pair[0]["lang"] == "en"])
    if missing:
        console.print(f"  [red]{missing} labelled articles are not in the database[/red]")


def show_feeds(context: Context) -> None:
    """Print the number of fetched feeds, and failures by kind."""
    with context.sessions.begin() as session:
        failed = [feed for feed, _ in feeds.list_feeds_with_outlets(session) if feed.error]
        total = feeds.count_feeds(session)
    console.print(f"\n{total - len(failed)} of {total} feeds were fetched.")
    kinds: dict[str, list[str]] = {}
    for feed in failed:
        kinds.setdefault(feed.error_kind or "", []).append(feed.title)
    for kind, titles in sorted(kinds.items()):
        names = ", ".join(titles[:3]) + (f" and {len(titles) - 3} more" if titles[3:] else "")
        console.print(f"  {len(titles)} x {kind}: {escape(names)}")


def show_seconds(seconds: Mapping[str, float]) -> None:
    """Print the duration of each step."""
    console.print("Seconds: " + ", ".join(f"{step} {time:.1f}" for step, time in seconds.items()))


def show_preview(preview: Preview) -> None:
    """Print the location of the digest preview."""
    console.print(
        f"\nToday's digest email ({preview.stories} stories): {preview.page}", soft_wrap=True
    )


def show_next_steps(url: str | None, database: str) -> None:
    """Print the URLs of the running demo and further commands."""
    # A command found on PATH has its full path as first argument.
    command = "samestory" if sys.argv[0] == shutil.which("samestory") else sys.argv[0]
    if url:
        console.print(f"\n[bold]Open {url}[/bold] in a browser. Press Ctrl-C to stop.")
        console.print(f"API: {url}v1/stories?min_independent=3 (schema: {url}openapi.json)")
        console.print(
            f"To create an API key: SAMESTORY_DATABASE__NAME={database} {escape(command)} keys "
            "create NAME",
            soft_wrap=True,
        )
        console.print(
            f"To use your own feed files: {escape(command)} demo --feeds FOLDER", soft_wrap=True
        )
    else:
        console.print(
            "\nRun without [bold]ONCE=1[/bold] or [bold]--once[/bold] to serve the pages."
        )
        console.print(
            f"Run [bold]{escape(command)} up[/bold] to fetch live feeds of news outlets.",
            soft_wrap=True,
        )


def _show_agreement(name: str, pairs: list[tuple[dict[str, str], str]]) -> None:
    if not pairs:
        return
    metrics = grouping_metrics.bcubed(
        [line["story"] for line, _ in pairs], [story for _, story in pairs]
    )
    console.print(
        f"  {name}: F1 {metrics.f1:.3f}, precision {metrics.precision:.3f},"
        f" recall {metrics.recall:.3f} over {len(pairs)} articles"
    )
