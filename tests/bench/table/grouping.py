"""Grouping, compared with HDBSCAN and with itself, and how its cost grows."""

import math
from collections.abc import Sequence

from hdbscan import HDBSCAN

from service.commands.running.models import load_merge_model, load_pair_model
from service.domain.articles.model import Article, Vectors
from service.domain.grouping.window import Grouping, group_window
from service.settings import load as settings_module
from tests.bench.capacity.window_cost import WindowCost, measure_window
from tests.bench.comparison import Comparison, compare_cpu
from tests.bench.windows import synthetic_window


def group(articles: list[Article], vectors: Vectors) -> Grouping:
    """Group with the default settings."""
    return group_window(
        articles,
        vectors,
        model=load_pair_model(),
        merge_model=load_merge_model(),
        settings=settings_module.load({}).window_stories,
    )


def compare_grouping(
    count: int, *, minimum: float = 0.0, target: float = 0.0, rounds: int = 3
) -> Comparison:
    """Group a window; baseline: HDBSCAN of its vectors."""
    articles, vectors = synthetic_window(count)
    group(articles[:100], vectors[list(range(100))])  # imports, weights
    return compare_cpu(
        (f"group a window of {count} articles", lambda: group(articles, vectors)),
        (
            "HDBSCAN(min_cluster_size=2) of its vectors",
            lambda: HDBSCAN(min_cluster_size=2).fit(vectors.values),
        ),
        minimum=minimum,
        target=target,
        rounds=rounds,
    )


def compare_reconcile(
    count: int, *, minimum: float = 0.0, target: float = 0.0, rounds: int = 3
) -> Comparison:
    """Group a window with 1 % new articles; baseline: the window without them.

    `reconcile` groups the whole window in each run (decision record 0041), so the ratio is about 1.
    """
    articles, vectors = synthetic_window(count)
    before = count * 99 // 100
    return compare_cpu(
        ("group it again with 1 % new articles", lambda: group(articles, vectors)),
        ("group it without them", lambda: group(articles[:before], vectors[list(range(before))])),
        minimum=minimum,
        target=target,
        rounds=rounds,
    )


def measure_growth(sizes: Sequence[int]) -> tuple[list[WindowCost], float]:
    """Group windows of these sizes, each in a process of its own; returns costs and exponent.

    The exponent is the slope between the logarithms of the smallest and the largest size.
    """
    costs = [measure_window(size) for size in sizes]
    first, last = costs[0], costs[-1]
    growth = math.log(seconds(last) / seconds(first))
    return costs, growth / math.log(last.articles / first.articles)


def seconds(cost: WindowCost) -> float:
    """CPU seconds of all steps."""
    return cost.features + cost.candidates + cost.pair_scores + cost.merges
