"""Estimate of machines, memory and database for a load."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.domain.capacity.costs import Costs
from service.domain.capacity.grouping import (
    grouping_seconds,
    reconcile_seconds,
    search_seconds,
    window_memory,
)
from service.domain.capacity.limits import (
    Limit,
    count_installations,
    database_cores,
    find_limits,
)
from service.domain.capacity.load import SECONDS_PER_DAY, Load, Machine

_SECONDS_PER_HOUR = 3600
_STEPS = ("fetch", "parse", "detect_language", "encode", "place", "describe")


@dataclass(frozen=True, slots=True)
class Estimate:
    """Needs of a load.

    `cores` are the cores in use by step, of all installations. At the maximum load, `machines` have
    room for these cores and for the memory of all installations. `primaries` is the number of
    Postgres servers for all databases. Memory and sizes are in bytes; `window_memory` is per
    installation. New articles wait during a run of reconcile, which takes `reconcile_seconds`.
    `language_installations` of the installations take the most frequent language.
    """

    articles_per_second: float
    window_articles: float
    installations: int
    language_installations: int
    reconcile_seconds: float
    cores: Mapping[str, float]
    machines: int
    primaries: int
    window_memory: float
    rows_per_second: float
    wal_per_second: float
    size_per_day: float
    stored_size: float
    vector_index: float
    reembed_core_hours: float
    limits: Sequence[Limit]

    @property
    def all_cores(self) -> float:
        """Cores in use, of all steps."""
        return sum(self.cores.values())


def estimate(load: Load, machine: Machine, costs: Costs) -> Estimate:
    """Estimate the needs of a load on machines of one size."""
    installations = count_installations(load, machine, costs)
    cores = _cores(load, installations, costs)
    share = load.share_with_text
    memory = window_memory(load, installations, costs)
    room = load.max_load
    return Estimate(
        articles_per_second=load.per_second,
        window_articles=load.window_articles,
        installations=installations,
        language_installations=math.ceil(installations * _language_share(load, costs)),
        reconcile_seconds=reconcile_seconds(load, installations, costs),
        cores=cores,
        machines=max(
            math.ceil(sum(cores.values()) / (machine.cores * room)),
            math.ceil(installations * memory / (machine.memory * room)),
        ),
        primaries=math.ceil(cores["Postgres"] / (machine.cores * room)),
        window_memory=memory,
        rows_per_second=load.per_second * costs.rows.mix(share),
        wal_per_second=load.per_second * costs.wal.mix(share),
        size_per_day=load.articles_per_day * costs.size.mix(share),
        stored_size=load.stored_articles * costs.size.mix(share),
        vector_index=load.stored_articles * costs.vector_index.value,
        reembed_core_hours=load.stored_articles * costs.encode.mix(share) / _SECONDS_PER_HOUR,
        limits=find_limits(load, machine, costs),
    )


def _language_share(load: Load, costs: Costs) -> float:
    given = load.largest_language_share
    return costs.largest_language_share.value if given is None else given


def _cores(load: Load, installations: int, costs: Costs) -> dict[str, float]:
    """Return the cores in use by step, of all installations together."""
    share = load.share_with_text
    cores = {
        step.replace("_", " "): load.per_second * getattr(costs, step).mix(share) for step in _STEPS
    }
    per_run = installations / load.reconcile_seconds
    articles = load.window_articles / installations
    compared = articles
    if load.only_new:
        compared = min(articles, load.per_second * load.reconcile_seconds / installations)
    cores["candidates"] = search_seconds(compared, articles, costs) * per_run
    cores["pair scores and merges"] = grouping_seconds(articles, compared, share, costs) * per_run
    cores["digest"] = load.digests_per_day * costs.digest.value / SECONDS_PER_DAY
    cores["Postgres"] = database_cores(load, costs, installations)
    return cores
