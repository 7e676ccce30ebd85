"""Benchmarks as ratios of two measurements in one run: `make bench`.

Absolute times depend on the machine and its load. Both sides of a ratio run on the same machine one
after the other, so ratios of two versions of the code are comparable.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from service.commands.running.models import load_merge_model, load_pair_model
from service.domain.articles.model import Article
from service.domain.grouping.window import group_window
from service.embed.articles import encode_articles
from service.embed.loader import load_encoder
from service.ingest.parsing.parse import parse_feed
from service.ingest.parsing.processes.pool import parse_all
from service.ingest.parsing.processes.worker import ParseJob
from service.settings import load as settings_module
from tests.bench import feeds, responses
from tests.bench.comparison import Comparison, print_table, write_json
from tests.bench.digests import check_alerts, create_digests
from tests.bench.samples import feed_files, sample_articles
from tests.bench.windows import synthetic_window

#: Runs per measurement; the fastest counts, because noise only adds time.
REPEATS = 3


def measure(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the seconds of the fastest run."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def compare_encoding(articles: Sequence[Article]) -> Comparison:
    """Encode in the default precision; baseline: float32."""
    settings = settings_module.load({}).embed
    shipped, plain = load_encoder(settings), load_encoder(replace(settings, precision="float32"))
    return Comparison(
        f"encode {len(articles)} articles, precision {settings.precision}",
        measure(lambda: encode_articles(shipped, articles), 2),
        "in float32",
        measure(lambda: encode_articles(plain, articles), 2),
    )


def compare_parsing() -> Comparison:
    """Parse in a worker process; baseline: in this process."""
    settings = replace(settings_module.load({}).parse, workers=1)
    jobs = [
        ParseJob(path.read_bytes(), f"https://sample.example/{path.name}") for path in feed_files()
    ] * 5
    return Comparison(
        f"parse {len(jobs)} feeds in a worker process",
        measure(lambda: parse_all(jobs, settings)),
        "in this process",
        measure(lambda: [parse_feed(job.body, url=job.url) for job in jobs]),
    )


def compare_grouping(count: int) -> Comparison:
    """Group a window; baseline: the matrix product of all its vectors."""
    settings, model = settings_module.load({}), load_pair_model()
    articles, vectors = synthetic_window(count)
    return Comparison(
        f"group a window of {count} articles",
        measure(
            lambda: group_window(
                articles,
                vectors,
                model=model,
                merge_model=load_merge_model(),
                settings=settings.stories,
            ),
            1,
        ),
        "matrix product of all vectors",
        measure(lambda: float((vectors.values @ vectors.values.T).sum()), 1),
    )


def compare_digests(count: int) -> Comparison:
    """Create digest editions; baseline: their budget, 10,000 in 5 minutes on 2 cores."""
    result = create_digests(count)
    return Comparison(
        f"create {count} digests, {result.mean_bytes / 1000:.0f} kB each, "
        f"memory growth {result.growth_mib:.0f} MiB",
        result.seconds,
        "CPU time budget",
        count * 2 * 300 / 10_000,
    )


def compare_alerts(count: int) -> Comparison:
    """Check all alerts; baseline: the interval of the job."""
    return Comparison(
        f"check {2 * count} alerts of {count} subscribers against 1,000 changed stories",
        check_alerts(count),
        "interval of the job",
        settings_module.load({}).schedule.alerts,
    )


def main() -> None:
    """Run all comparisons, print the table and write it to `docs/benchmarks/`."""
    articles = sample_articles()
    comparisons = [
        compare_encoding(articles),
        compare_parsing(),
        compare_grouping(2000),
        compare_grouping(8000),
        compare_digests(10_000),
        compare_alerts(10_000),
    ]
    print_table(comparisons)
    write_json("bench", comparisons)
    feeds.main()
    responses.main(*(int(each) for each in sys.argv[1:]))


if __name__ == "__main__":
    main()
