"""Candidate search in 2 M vectors, compared with the capacity model.

Run `python -m tests.bench.capacity.simulation`; it takes some minutes and 6 GB of memory. One
process holds the vectors in eight shards (parts of a window). In each shard, the new articles of
one interval search their candidates.
"""

import sys

from service.commands.capacity import load_costs
from service.domain.capacity.grouping import search_memory, search_seconds
from service.domain.capacity.load import Load
from tests.bench.capacity.shard_search import measure_search

VECTORS, SHARDS = 2_000_000, 8


def main() -> None:
    """Print time and memory in the model and in the simulation, and their difference."""
    load = Load(articles_per_day=VECTORS / 7, window_days=7)
    rows = VECTORS // SHARDS
    queries = round(load.per_second * load.reconcile_seconds / SHARDS)
    costs = load_costs()
    result = measure_search(rows, queries, SHARDS)
    sys.stdout.write(f"{SHARDS} shards of {rows:,} vectors, {queries} new articles each\n")
    for name, model, measured in (
        ("CPU seconds", SHARDS * search_seconds(queries, rows, costs), result.seconds),
        ("memory, GB", search_memory(rows, SHARDS, costs) / 1e9, result.peak_memory / 1e9),
    ):
        difference = model / measured - 1
        sys.stdout.write(
            f"{name:12} model {model:7.2f}  simulation {measured:7.2f}  {difference:+.0%}\n"
        )


if __name__ == "__main__":
    main()
