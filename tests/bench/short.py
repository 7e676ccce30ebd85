"""Short benchmark of ratios for CI: `make bench-short`; fails if a ratio is below its minimum.

The ratio is the CPU time of the baseline divided by that of the work. Minimum ratios are well below
the measured ones, because processors differ, so a small loss of speed passes.
"""

import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from sentence_transformers import SentenceTransformer

from service.domain.articles.tokenization import encoded_text
from service.embed.articles import encode_articles
from service.embed.loader import load_encoder
from service.embed.models.bundled import bundled_model
from service.settings import load as settings_module
from tests.bench import history
from tests.bench.comparison import Comparison, compare_cpu, print_table, write_json
from tests.bench.samples import sample_articles
from tests.bench.table.commands import compare_version
from tests.bench.table.grouping import compare_grouping, compare_reconcile

WINDOW = 1500


def main() -> None:
    """Print the table; exit with 1 if a ratio is too low.

    With `--write`, write `docs/benchmarks/short.json`, add it to the history, and draw the plot.
    """
    comparisons = [
        compare_grouping(WINDOW, minimum=0.8),
        compare_reconcile(WINDOW, minimum=0.7),
        compare_encoding(),
        compare_version(minimum=0.04),
    ]
    print_table(comparisons)
    if "--write" in sys.argv[1:]:
        write_json("short", comparisons)
        write_history(comparisons)
    slow = [each.work for each in comparisons if each.ratio < each.minimum]
    if slow:
        sys.exit(f"Ratio below its minimum: {'; '.join(slow)}")


def write_history(comparisons: Sequence[Comparison]) -> None:
    """Add the ratios of the current commit to the history, and draw its plot."""
    git = ("git", "rev-parse", "--short=8", "HEAD")
    commit = subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip()
    record = history.Record.of(
        comparisons,
        date=datetime.now(UTC).date().isoformat(),
        commit=commit,
        python=platform.python_version(),
    )
    history.PLOT.write_text(history.draw(history.add(record)), encoding="utf-8")


def compare_encoding() -> Comparison:
    """Encode under the profile `english`; baseline: SentenceTransformer with the same weights."""
    settings = settings_module.load({}, profile="english").embed
    articles = sample_articles()[:100]
    encoder, network = (
        load_encoder(settings),
        SentenceTransformer(str(bundled_model()), device="cpu"),
    )
    texts = [encoded_text(article) for article in articles]
    return compare_cpu(
        (f"encode {len(articles)} articles", lambda: encode_articles(encoder, articles)),
        ("SentenceTransformer.encode", lambda: network.encode(texts, show_progress_bar=False)),
        minimum=0.8,
    )


if __name__ == "__main__":
    main()
