"""Feeds per second, compared with the library `reader`: `python -m tests.bench.feeds [RUNS]`.

Both sides fetch the same 150 feeds from one loopback server over the same number of connections.
The runs alternate, and the median of an odd number of runs counts. `reader` needs Python 3.12:
install it with `.venv/bin/pip install -e '.[bench]'`, or set READER_PYTHON to a Python that
has it. Without it, only the feeds per second of samestory are printed.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from jobs.fetch import fetch
from jobs.running.context import Context
from service.commands.running.models import lazy_encoder, load_merge_model, load_pair_model
from service.domain.catalogue.outlets import Outlet
from service.settings import load as settings_module
from service.settings.samples import for_samples
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from service.store.database.sessions import make_sessions
from tests.bench.samples import sample_articles

FEEDS, CONNECTIONS, RUNS = 150, 8, 3
#: Entries per feed, as in feeds of newspapers.
ENTRIES = (15, 30, 50, 100)


@dataclass(frozen=True, slots=True)
class Passes:
    """Seconds of the first pass and of an unchanged one."""

    first: float
    unchanged: float


def main(runs: int = RUNS) -> None:
    """Measure both sides alternately and print feeds per second and ratios."""
    python = os.environ.get("READER_PYTHON", sys.executable)
    has_reader = _has_reader(python)
    own: list[Passes] = []
    other: list[Passes] = []
    with tempfile.TemporaryDirectory() as name, embedded_server() as server:
        folder = Path(name, "feeds")
        folder.mkdir()
        write_feeds(folder)
        with feed_host(folder) as base_url:
            urls = [base_url + path.name for path in sorted(folder.iterdir())]
            for number in range(runs):
                if has_reader:
                    other.append(reader_passes(python, urls))
                own.append(own_passes(urls, server, f"bench_{number}"))
    print(f"{FEEDS} feeds, {CONNECTIONS} connections, feeds/s, medians of {runs} runs")  # noqa: T201
    for label in ("first", "unchanged"):
        mine = _feeds_per_second(own, label)
        line = f"{label} pass:".ljust(18) + f"{mine:>8.1f}"
        if has_reader:
            theirs = _feeds_per_second(other, label)
            line += f"   reader {theirs:>8.1f}   ratio {mine / theirs:.2f}"
        print(line)  # noqa: T201
    if not has_reader:
        print("reader is not installed: no ratios")  # noqa: T201


def _has_reader(python: str) -> bool:
    command = [python, "-c", "import reader"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _feeds_per_second(passes: Sequence[Passes], label: str) -> float:
    seconds: list[float] = [getattr(each, label) for each in passes]
    return FEEDS / statistics.median(seconds)


def write_feeds(folder: Path) -> None:
    """Write feeds of articles whose sentences are those of the samples, shuffled."""
    rng = random.Random(5)
    sentences = [
        sentence
        for article in sample_articles()
        for sentence in article.text.split(". ")
        if len(sentence) > 40
    ]
    for number in range(FEEDS):
        items = "".join(
            _item(f"https://outlet{number}.example/{entry}", rng.sample(sentences, 6))
            for entry in range(ENTRIES[number % len(ENTRIES)])
        )
        channel = f"<title>Outlet {number}</title><link>https://outlet{number}.example/</link>"
        (folder / f"{number}.xml").write_text(
            f'<?xml version="1.0"?><rss version="2.0"><channel>{channel}{items}</channel></rss>'
        )


def _item(url: str, sentences: Sequence[str]) -> str:
    title, *rest = sentences
    text = "".join(f"<p>{escape(sentence)}.</p>" for sentence in rest)
    return (
        f"<item><title>{escape(title[:90])}</title><link>{url}</link><guid>{url}</guid>"
        f"<description>{escape(text)}</description><category>News</category>"
        "<pubDate>Thu, 11 May 2023 10:00:00 GMT</pubDate></item>"
    )


def own_passes(urls: Sequence[str], server: EmbeddedServer, database: str) -> Passes:
    """Run the job `fetch` twice in a new database."""
    engine = schema.make_engine(server.ensure_database(database))
    schema.upgrade(engine)
    settings = for_samples(settings_module.load({}))
    settings = replace(
        settings,
        fetch=replace(settings.fetch, concurrency=CONNECTIONS, per_host=CONNECTIONS),
    )
    now = datetime.now(UTC)
    context = Context(
        engine=engine,
        sessions=make_sessions(engine),
        settings=settings,
        clock=lambda: now,
        encoder=lazy_encoder(settings.embed),
        pair_model=load_pair_model(),
        merge_model=load_merge_model(),
    )
    with context.sessions.begin() as session:
        outlets = [Outlet(f"outlet{number}", f"Outlet {number}") for number in range(len(urls))]
        feeds.save_outlets(session, outlets)
        new = [NewFeed(url, outlet.slug, url) for url, outlet in zip(urls, outlets, strict=True)]
        feeds.add_feeds(session, new, now=now)
    seconds = []
    for outcome in ("ok", "not_modified"):
        with context.sessions.begin() as session:
            feeds.make_all_due(session, now=now)
        started = time.perf_counter()
        counts = fetch(context)
        seconds.append(time.perf_counter() - started)
        if counts[outcome] != len(urls):
            raise RuntimeError(f"unexpected outcomes: {counts}")
    engine.dispose()
    return Passes(*seconds)


def reader_passes(python: str, urls: Sequence[str]) -> Passes:
    """Update the feeds twice with `reader`, in a process of its own."""
    script = Path(__file__).with_name("reader_passes.py")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(list(urls), file)
        file.flush()
        command = [python, str(script), file.name, str(CONNECTIONS)]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    seconds, readable, _ = json.loads(output)
    if len(readable) != len(urls):
        raise RuntimeError(f"reader could not read {len(urls) - len(readable)} feeds")
    return Passes(*seconds)


@contextmanager
def embedded_server() -> Iterator[EmbeddedServer]:
    """Start a throwaway embedded Postgres."""
    with tempfile.TemporaryDirectory(prefix="samestory-bench-") as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedServer.start(folder, throwaway=True)
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def feed_host(folder: Path) -> Iterator[str]:
    """Serve the feeds from another process; yields the base URL."""
    command = [sys.executable, "-m", "tests.bench.feed_host", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        port = int(process.stdout.readline()) if process.stdout else 0
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
