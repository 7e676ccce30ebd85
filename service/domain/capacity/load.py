"""Inputs of the capacity model: the load and the machines."""

import math
from dataclasses import dataclass

from service.errors import BadInputError

SECONDS_PER_DAY = 86_400
GIGABYTE = 10**9


@dataclass(frozen=True, slots=True)
class Load:
    """Articles a day, and the settings that determine their cost.

    `largest_language_share` is the share of the articles in the most frequent language; None stands
    for the share in the measured costs. `reconcile_cores` share a run of reconcile equally.
    `max_load` is the share of each resource that may be in use, 0 to 1. With `only_new`, reconcile
    compares only the new articles with the window, a lower bound of its cost.

    Raises:
        BadInputError: a value is not finite or out of range.
    """

    articles_per_day: float
    window_days: float = 7.0
    share_with_text: float = 0.0
    largest_language_share: float | None = None
    reconcile_seconds: float = 300.0
    reconcile_cores: float = 1.0
    stored_days: float = 365.0
    digests_per_day: float = 0.0
    max_load: float = 0.7
    only_new: bool = False

    def __post_init__(self) -> None:
        _require("Articles a day", self.articles_per_day, 1, 1e9)
        _require("Days of the window", self.window_days, 0.01, 365)
        _require("Share with text", self.share_with_text, 0, 1)
        if self.largest_language_share is not None:
            _require("Share of the largest language", self.largest_language_share, 0.001, 1)
        _require("Seconds between two runs of reconcile", self.reconcile_seconds, 1, 86_400)
        _require("Cores of a run of reconcile", self.reconcile_cores, 1, 100_000)
        _require("Stored days", self.stored_days, 1, 36_500)
        _require("Digests a day", self.digests_per_day, 0, 1e9)
        _require("Maximum load", self.max_load, 0.05, 1)

    @property
    def per_second(self) -> float:
        """Articles per second."""
        return self.articles_per_day / SECONDS_PER_DAY

    @property
    def window_articles(self) -> float:
        """Articles in the window."""
        return self.articles_per_day * self.window_days

    @property
    def stored_articles(self) -> float:
        """Articles in the database."""
        return self.articles_per_day * self.stored_days


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine; its cores are as fast as those of the measurement.

    Raises:
        BadInputError: a value is not finite or out of range.
    """

    cores: float = 16.0
    memory_gb: float = 64.0

    def __post_init__(self) -> None:
        _require("Cores of a machine", self.cores, 1, 4096)
        _require("Memory of a machine", self.memory_gb, 1, 100_000)

    @property
    def memory(self) -> float:
        """Memory in bytes."""
        return self.memory_gb * GIGABYTE


def _require(name: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise BadInputError(f"{name}: {value:g} is outside of {low:g} to {high:g}")
