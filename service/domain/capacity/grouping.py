"""Cost of one run of reconcile, and memory of its window."""

import math

from service.domain.capacity.costs import Costs
from service.domain.capacity.load import Load


def search_seconds(queries: float, articles: float, costs: Costs) -> float:
    """CPU seconds to search the candidates of `queries` articles among `articles`."""
    setup = costs.search_setup.value * articles
    comparison = costs.search_comparison.value
    growth = math.pow(articles, costs.search_comparison_exponent.value)
    return setup + queries * comparison * growth


def search_memory(articles: float, shards: int, costs: Costs) -> float:
    """Bytes of a process that holds some shards (parts of a window), and searches one at a time.

    `articles` is the number per shard.
    """
    kept = shards * articles * costs.shard_memory.value
    return costs.search_base_memory.value + kept + articles * costs.search_memory.value


def grouping_seconds(
    articles: float, compared: float, share_with_text: float, costs: Costs
) -> float:
    """CPU seconds to load, score and group `compared` of the `articles` of a window."""
    load = costs.load_window.mix(share_with_text)
    steps = (costs.features, costs.pair_scores, costs.merges)
    grouping = sum(step.mix(share_with_text) for step in steps)
    growth = math.pow(articles / costs.grouping_articles.value, costs.grouping_exponent.value - 1)
    return compared * (load + grouping * growth)


def reconcile_seconds(load: Load, installations: int, costs: Costs) -> float:
    """Duration in seconds of a run of reconcile in one of some equal installations.

    The time of Postgres is not included.
    """
    articles = load.window_articles / installations
    compared = _compared_articles(load, installations)
    grouping = grouping_seconds(articles, compared, load.share_with_text, costs)
    return (grouping + search_seconds(compared, articles, costs)) / load.reconcile_cores


def reconcile_database_seconds(load: Load, installations: int, costs: Costs) -> float:
    """CPU seconds of Postgres to load the articles of one run in one installation."""
    compared = _compared_articles(load, installations)
    return compared * costs.database_load_window.mix(load.share_with_text)


def window_memory(load: Load, installations: int, costs: Costs) -> float:
    """Bytes of the process that groups the window of one installation."""
    articles = load.window_articles / installations
    return costs.process_memory.value + articles * costs.window_memory.mix(load.share_with_text)


def _compared_articles(load: Load, installations: int) -> float:
    """Articles that a run of one installation compares: the whole window, or only new ones."""
    new = load.per_second * load.reconcile_seconds
    every = load.window_articles
    return (min(new, every) if load.only_new else every) / installations
