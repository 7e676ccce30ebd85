"""Benchmarks as ratios of two measurements in one run: `make bench`.

    python -m tests.bench.run [--data SAMESTORY_DATA] [--rounds N] [--articles N] [--only PART …]

Absolute times depend on the machine and its load. Both sides of a ratio run on the same machine one
after the other, so ratios of two versions of the code are comparable. The table shows CPU seconds.
Each ratio is the median of the rounds; grouping 20,000 articles and the jobs run once.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from service.settings import load as settings_module
from tests.bench import feeds, responses
from tests.bench.comparison import Comparison, print_table, write_json
from tests.bench.digests import check_alerts, create_digests
from tests.bench.table.articles import compare_articles
from tests.bench.table.commands import compare_commands, compare_version
from tests.bench.table.encoding import compare_encoding, real_articles
from tests.bench.table.grouping import (
    compare_grouping,
    compare_reconcile,
    measure_growth,
    seconds,
)

ENCODED, WINDOW = 2000, 20_000
#: Sizes of the windows whose cost shows the growth.
SIZES = (5000, 10_000, 20_000, 40_000)
SUBSCRIBERS = 10_000


def compare_digests(count: int) -> Comparison:
    """Create digest editions; baseline: their budget, 10,000 in 60 s."""
    result = create_digests(count)
    return Comparison(
        f"create {count} digests, {result.mean_bytes / 1000:.0f} kB each, "
        f"memory growth {result.growth_mib:.0f} MiB",
        result.seconds,
        "budget",
        count * 60 / 10_000,
        target=1,
    )


def compare_alerts(count: int) -> Comparison:
    """Check all alerts; baseline: the interval of the job."""
    return Comparison(
        f"check {2 * count} alerts of {count} subscribers against 1,000 changed stories",
        check_alerts(count),
        "interval of the job",
        settings_module.load({}).schedule.alerts,
        target=1,
    )


def write_table(options: argparse.Namespace) -> None:
    """Print the table, and write it to `docs/benchmarks/table.json`."""
    rounds = options.rounds
    costs, exponent = measure_growth(SIZES)
    comparisons = [
        *compare_encoding(real_articles(ENCODED, options.data), rounds),
        compare_grouping(WINDOW, target=50, rounds=1),
        compare_reconcile(WINDOW, target=20, rounds=rounds),
        compare_articles(),
        compare_digests(SUBSCRIBERS),
        compare_alerts(SUBSCRIBERS),
        *compare_commands(rounds),
        compare_version(rounds=rounds),
    ]
    print_table(comparisons)
    for cost in costs:
        sys.stdout.write(
            f"group {cost.articles} articles: {seconds(cost):.1f} s,"
            f" {cost.peak_memory / 2**20:.0f} MiB\n"
        )
    sys.stdout.write(f"growth exponent: {exponent:.2f} (target 1.15)\n")
    growth = {"exponent": round(exponent, 2), "windows": [asdict(each) for each in costs]}
    write_json("table", comparisons, growth=growth)


#: Parts, each with its own output.
PARTS: Mapping[str, Callable[[argparse.Namespace], None]] = {
    "table": write_table,
    "feeds": lambda options: feeds.main(options.rounds),
    "responses": lambda options: responses.main(*([options.articles] if options.articles else [])),
}


def main() -> None:
    """Run all parts, or those named by `--only`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, help="folder of the labelled days of feeds")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--articles", type=int, help="of the store for responses")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    for name in options.only:
        PARTS[name](options)


if __name__ == "__main__":
    main()
