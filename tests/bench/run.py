"""Benchmarks, as ratios within one run: `make bench`.

Absolute times belong to the machine and the moment; what is compared here ran side by side on
the same one, so a ratio that falls between two versions of the code means something.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from service.commands.running.models import load_pair_model
from service.domain.articles.entries import FeedContext
from service.domain.articles.model import Article, Vectors
from service.domain.grouping.window import group_window
from service.embed.articles import encode_articles
from service.embed.loader import load_encoder
from service.ingest.admit import admit_feed
from service.ingest.parsing.parse import parse_feed
from service.ingest.parsing.worker import ParseJob
from service.ingest.parsing.workers import parse_all
from service.settings import load as settings_module
from service.settings.paths import SEEDS_DIR
from tests.bench import answers
from tests.bench.digests import alerts, issues

#: Runs of each side; the fastest counts, since noise only ever adds.
REPEATS = 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two ways, or two amounts, of the same work, in seconds."""

    what: str
    ours: float
    beside: str
    theirs: float

    @property
    def ratio(self) -> float:
        return self.theirs / self.ours


def seconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """The time of the fastest of some runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def sample_articles() -> list[Article]:
    """The samples' articles, through the project's own parser."""
    settings = settings_module.load({})
    drafts = [
        draft
        for path in feed_files()
        for feed in [parse_feed(path.read_bytes(), url=f"https://sample.example/{path.name}")]
        for draft in admit_feed(
            feed.entries,
            FeedContext(f"https://sample.example/{path.name}"),
            now=datetime(2023, 5, 12, tzinfo=UTC),
            settings=settings.admit,
        )[0]
    ]
    return [
        Article(
            number, draft.title, max(draft.text, draft.body, key=len), published=draft.published
        )
        for number, draft in enumerate(drafts)
    ]


def feed_files() -> list[Path]:
    return sorted((SEEDS_DIR / "feeds").iterdir())


def encoding(articles: Sequence[Article]) -> Comparison:
    """The shipped precision beside float32."""
    settings = settings_module.load({}).embed
    shipped, plain = load_encoder(settings), load_encoder(replace(settings, precision="float32"))
    return Comparison(
        f"encode {len(articles)} articles, precision {settings.precision}",
        seconds(lambda: encode_articles(shipped, articles), 2),
        "in float32",
        seconds(lambda: encode_articles(plain, articles), 2),
    )


def parsing() -> Comparison:
    """Parsing behind process walls beside parsing without any."""
    settings = replace(settings_module.load({}).parse, workers=1)
    jobs = [
        ParseJob(path.read_bytes(), f"https://sample.example/{path.name}") for path in feed_files()
    ] * 5
    return Comparison(
        f"parse {len(jobs)} feeds in a worker process",
        seconds(lambda: parse_all(jobs, settings)),
        "in this process, unguarded",
        seconds(lambda: [parse_feed(job.body, url=job.url) for job in jobs]),
    )


def grouping(count: int) -> Comparison:
    """Grouping a window beside comparing all of its articles with all by a bare product."""
    settings, model = settings_module.load({}), load_pair_model()
    articles, vectors = made_up_window(count)
    return Comparison(
        f"group a window of {count} articles",
        seconds(lambda: group_window(articles, vectors, model=model, settings=settings.stories), 1),
        "the product of all its vectors with all",
        seconds(lambda: float((vectors.values @ vectors.values.T).sum()), 1),
    )


def digests(count: int) -> Comparison:
    """Issues of the digest beside the time that they may take: 10,000 in 5 minutes on 2 cores."""
    made = issues(count)
    return Comparison(
        f"choose and write {count} issues, {made.mean_bytes / 1000:.0f} kB each, "
        f"{made.grown_mib:.0f} MiB more at their end",
        made.seconds,
        "what they may take of a processor",
        count * 2 * 300 / 10_000,
    )


def alerted(count: int) -> Comparison:
    """A look at alerts beside the minute after which the next one comes."""
    return Comparison(
        f"look at {2 * count} alerts of {count} subscribers, 1,000 stories having changed",
        alerts(count),
        "the time until the next look",
        settings_module.load({}).schedule.alerts,
    )


def made_up_window(count: int) -> tuple[list[Article], Vectors]:
    """Events of eight reports each: words and vectors near the event's, all from one seed."""
    random = np.random.default_rng(7)
    words = [f"word{number}" for number in range(20_000)]
    events = count // 8
    centres = random.normal(size=(events, 384))
    articles, values = [], np.empty((count, 384), dtype=np.float32)
    topics = random.integers(0, len(words), size=(events, 30))
    for row in range(count):
        event = row % events
        told = [words[at] for at in random.permutation(topics[event])[:20]]
        minute = int(random.integers(0, 7 * 24 * 60))
        published = datetime(
            2023, 5, 1 + minute // 1440, minute // 60 % 24, minute % 60, tzinfo=UTC
        )
        articles.append(Article(row, " ".join(told[:8]), " ".join(told), published=published))
        values[row] = centres[event] + random.normal(size=384) * 0.5
    return articles, Vectors("made-up", values / np.linalg.norm(values, axis=1, keepdims=True))


def main() -> None:
    """Run all comparisons and print them."""
    table = Table(title="Ratios of one run; higher is better", title_justify="left")
    for name in ("work", "s", "beside", "s ", "ratio"):
        table.add_column(name, justify="right" if name in ("s", "s ", "ratio") else "left")
    articles = sample_articles()
    for run in (
        lambda: encoding(articles),
        parsing,
        lambda: grouping(2000),
        lambda: grouping(8000),
        lambda: digests(10_000),
        lambda: alerted(10_000),
    ):
        found = run()
        row = (found.what, f"{found.ours:.2f}", found.beside, f"{found.theirs:.2f}")
        table.add_row(*row, f"{found.ratio:.2f}")
    Console(width=130).print(table)
    answers.main(*(int(each) for each in sys.argv[1:]))


if __name__ == "__main__":
    main()
