"""Short benchmark of ratios for CI: `make bench-short`; fails if a ratio is below its minimum.

The ratio is the CPU time of the baseline divided by that of the work. Minimum ratios are well below
the measured ones, because processors differ, so a small loss of speed passes.
"""

import subprocess
import sys
from pathlib import Path

from hdbscan import HDBSCAN
from sentence_transformers import SentenceTransformer

from service.commands.running.models import load_merge_model, load_pair_model
from service.domain.articles.model import Article, Vectors
from service.domain.articles.tokenization import encoded_text
from service.domain.grouping.window import Grouping, group_window
from service.embed.articles import encode_articles
from service.embed.loader import load_encoder
from service.embed.models.bundled import bundled_model
from service.settings import load as settings_module
from tests.bench.comparison import Comparison, compare_cpu, print_table, write_json
from tests.bench.samples import sample_articles
from tests.bench.windows import synthetic_window

WINDOW = 1500


def main() -> None:
    """Print the table; write it with `--write`; exit with 1 if a ratio is too low."""
    comparisons = [
        *compare_grouping(),
        compare_encoding(),
        compare_start(),
    ]
    print_table(comparisons)
    if "--write" in sys.argv[1:]:
        write_json("short", comparisons)
    slow = [each.work for each in comparisons if each.ratio < each.minimum]
    if slow:
        sys.exit(f"Ratio below its minimum: {'; '.join(slow)}")


def compare_grouping() -> list[Comparison]:
    """Compare grouping with HDBSCAN, and with grouping the window without its last 1 %."""
    articles, vectors = synthetic_window(WINDOW)
    before = len(articles) * 99 // 100
    _group(articles[:100], Vectors(vectors.model, vectors.values[:100]))  # imports, weights
    return [
        compare_cpu(
            (f"group a window of {WINDOW} articles", lambda: _group(articles, vectors)),
            (
                "HDBSCAN(min_cluster_size=2) of its vectors",
                lambda: HDBSCAN(min_cluster_size=2).fit(vectors.values),
            ),
            minimum=0.8,
        ),
        compare_cpu(
            ("group it again with 1 % new articles", lambda: _group(articles, vectors)),
            (
                "group it without them",
                lambda: _group(articles[:before], Vectors(vectors.model, vectors.values[:before])),
            ),
            minimum=0.7,
        ),
    ]


def _group(articles: list[Article], vectors: Vectors) -> Grouping:
    return group_window(
        articles,
        vectors,
        model=load_pair_model(),
        merge_model=load_merge_model(),
        settings=settings_module.load({}).stories,
    )


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


def compare_start() -> Comparison:
    """Start the command; baseline: start Python."""
    command = str(Path(sys.executable).with_name("samestory"))

    def run(*arguments: str) -> None:
        subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)

    return compare_cpu(
        ("samestory --version", lambda: run(command, "--version")),
        ("python -c pass", lambda: run(sys.executable, "-c", "pass")),
        minimum=0.04,
        rounds=5,
    )


if __name__ == "__main__":
    main()
