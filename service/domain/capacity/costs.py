"""Measured costs per step, the data of the capacity model."""

import json
from dataclasses import dataclass, fields
from typing import Self

from service.errors import BadInputError


@dataclass(frozen=True, slots=True)
class Cost:
    """One measured value with unit and source; `with_text` applies to articles with full text."""

    value: float
    with_text: float
    unit: str
    source: str

    def mix(self, share_with_text: float) -> float:
        """Return the mean of both values; the share of articles with full text is 0 to 1."""
        return self.value + share_with_text * (self.with_text - self.value)


@dataclass(frozen=True, slots=True)
class Costs:
    """All costs of the model. Times are CPU seconds, sizes are bytes.

    The first group is the time of samestory per new article, the second that of Postgres.
    """

    fetch: Cost
    parse: Cost
    detect_language: Cost
    encode: Cost
    place: Cost
    describe: Cost

    database_fetch: Cost
    database_encode: Cost
    database_place: Cost
    database_reconcile: Cost  #: writes of new articles only
    database_describe: Cost
    rows: Cost  #: rows written per article
    wal: Cost  #: write-ahead log per article
    size: Cost  #: stored per article, with indexes
    vector_index: Cost  #: part of `size`

    #: Per article of the window, in each run of reconcile.
    load_window: Cost
    database_load_window: Cost
    features: Cost
    pair_scores: Cost
    merges: Cost
    #: Articles of the window in which features, pair scores and merges were measured, and exponent
    #: by which their sum grows with the articles.
    grouping_articles: Cost
    grouping_exponent: Cost

    #: CPU seconds of a search for candidates of q articles among n:
    #: setup * n + comparison * q * n ** exponent.
    search_setup: Cost
    search_comparison: Cost
    search_comparison_exponent: Cost
    #: Memory of candidate search: of a process without articles, per article in all shards (parts
    #: of a window), and per article of the shard that is searched now.
    search_base_memory: Cost
    shard_memory: Cost
    search_memory: Cost

    window_memory: Cost  #: per article of the window
    process_memory: Cost  #: of a process with model and libraries, with an empty window
    digest: Cost  #: per digest

    largest_language_share: Cost  #: share of articles in the most frequent language

    @classmethod
    def parse_json(cls, text: str) -> Self:
        """Read the costs of `config/capacity_costs.json`.

        Raises:
            BadInputError: a cost is missing, or has no source.
        """
        data = json.loads(text)["costs"]
        costs = {}
        for each in fields(cls):
            entry = data.get(each.name, {})
            if not {"value", "unit", "source"} <= entry.keys():
                raise BadInputError(
                    f"Capacity costs: {each.name} needs a value, a unit and a source"
                )
            value = float(entry["value"])
            with_text = float(entry.get("with_text", value))
            costs[each.name] = Cost(value, with_text, entry["unit"], entry["source"])
        return cls(**costs)
