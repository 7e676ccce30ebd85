"""Measured costs per step, the data of the capacity model."""

import json
from dataclasses import dataclass, fields
from typing import Self

from service.errors import BadInputError


@dataclass(frozen=True, slots=True)
class Cost:
    """One measured value with its unit and source; `with_text` is that of a full text."""

    value: float
    with_text: float
    unit: str
    source: str

    def mix(self, share_with_text: float) -> float:
        """The mean of both values for a share of articles with full text, 0 to 1."""
        return self.value + share_with_text * (self.with_text - self.value)


@dataclass(frozen=True, slots=True)
class Costs:
    """All costs of the model. Times are CPU seconds, sizes are bytes.

    The first group is per new article in the processes of samestory, the second in Postgres.
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

    #: Per article of the window and run of reconcile.
    load: Cost
    database_load: Cost
    features: Cost
    pair_scores: Cost
    merges: Cost
    #: Window in which these were measured, articles, and exponent of their sum over the articles.
    grouping_articles: Cost
    grouping_exponent: Cost

    #: Candidate search of q articles among n: setup * n + comparison * q * n ** exponent.
    search_setup: Cost
    search_comparison: Cost
    search_comparison_exponent: Cost
    #: Memory of candidate search: of a process without articles, per article in memory, and per
    #: article of the window that is searched.
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
                raise BadInputError(f"Capacity costs: {each.name} needs a value, unit and source")
            value = float(entry["value"])
            with_text = float(entry.get("with_text", value))
            costs[each.name] = Cost(value, with_text, entry["unit"], entry["source"])
        return cls(**costs)
