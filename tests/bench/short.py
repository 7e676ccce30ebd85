"""Short benchmark of ratios for CI: `make bench-short`; fails if a ratio is below its minimum.

The ratio is the CPU time of the baseline divided by that of the work. Minimum ratios are well below
the measured ones, because processors differ, so a small loss of speed passes.
"""

import sys

from sentence_transformers import SentenceTransformer

from service.domain.articles.tokenization import encoded_text
from service.embed.articles import encode_articles
from service.embed.loader import load_encoder
from service.embed.models.bundled import bundled_model
from service.settings import load as settings_module
from tests.bench.comparison import Comparison, compare_cpu, print_table, write_json
from tests.bench.samples import sample_articles
from tests.bench.table.commands import compare_version
from tests.bench.table.grouping import compare_grouping, compare_reconcile

WINDOW = 1500


def main() -> None:
    """Print the table; write it with `--write`; exit with 1 if a ratio is too low."""
    comparisons = [
        compare_grouping(WINDOW, minimum=0.8),
        compare_reconcile(WINDOW, minimum=0.7),
        compare_encoding(),
        compare_version(minimum=0.04),
    ]
    print_table(comparisons)
    if "--write" in sys.argv[1:]:
        write_json("short", comparisons)
    slow = [each.work for each in comparisons if each.ratio < each.minimum]
    if slow:
        sys.exit(f"Ratio below its minimum: {'; '.join(slow)}")


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
