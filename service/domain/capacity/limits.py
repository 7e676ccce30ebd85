"""Limits of one installation: its parts, their maximum load, and remedies."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from service.domain.capacity.costs import Cost, Costs
from service.domain.capacity.grouping import (
    reconcile_database_seconds,
    reconcile_seconds,
    window_memory,
)
from service.domain.capacity.load import Load, Machine

#: Largest number of installations that the model considers.
_MAX_INSTALLATIONS = 1 << 20
_BISECTIONS = 60


@dataclass(frozen=True, slots=True)
class Limit:
    """A part of one installation.

    `utilisation` is the share of the part that the whole load would use in a single installation;
    above 1, the load is too high. `articles_per_day` is the highest load that keeps the part within
    `Load.max_load`.
    """

    part: str
    utilisation: float
    articles_per_day: float
    remedy: str


#: Share of a part in use if a number of equal installations divide the load.
_Utilisation = Callable[[Load, Machine, Costs, int], float]


def _job(*names: str) -> _Utilisation:
    """Utilisation of a job that runs in one process at a time, and waits for Postgres."""

    def use(load: Load, _: Machine, costs: Costs, installations: int) -> float:
        seconds = sum(_cost(costs, name).mix(load.share_with_text) for name in names)
        return load.per_second * seconds / installations

    return use


def _cost(costs: Costs, name: str) -> Cost:
    cost: Cost = getattr(costs, name)
    return cost


def _embed(load: Load, machine: Machine, costs: Costs, installations: int) -> float:
    """Share of the cores of one machine that encode."""
    per_article = costs.encode.mix(load.share_with_text)
    return load.per_second * per_article / machine.cores / installations


def _reconcile(load: Load, _: Machine, costs: Costs, installations: int) -> float:
    """Share of the time in which reconcile runs; one run at a time groups the window."""
    seconds = reconcile_seconds(load, installations, costs)
    return (
        seconds + reconcile_database_seconds(load, installations, costs)
    ) / load.reconcile_seconds


def _write_lock(load: Load, machine: Machine, costs: Costs, installations: int) -> float:
    """Share of the time in which place or reconcile runs; a lock keeps them apart."""
    placing = _job("place", "database_place")(load, machine, costs, installations)
    return placing + _reconcile(load, machine, costs, installations)


def _postgres(load: Load, machine: Machine, costs: Costs, installations: int) -> float:
    return database_cores(load, costs, installations) / machine.cores / installations


def _memory(load: Load, machine: Machine, costs: Costs, installations: int) -> float:
    return window_memory(load, installations, costs) / machine.memory


_PARTS: tuple[tuple[str, _Utilisation, str], ...] = (
    ("fetch", _job("fetch", "database_fetch"), "divide the feeds over installations"),
    ("embed", _embed, "a machine with more cores, or divide the feeds"),
    ("place", _job("place", "database_place"), "divide the feeds by language"),
    ("reconcile", _reconcile, "divide the feeds by language, or more cores per run"),
    (
        "write lock",
        _write_lock,
        "see reconcile: place and reconcile wait for each other",
    ),
    ("describe", _job("describe", "database_describe"), "divide the feeds by language"),
    (
        "Postgres primary",
        _postgres,
        "a server per installation; read replicas serve only readers",
    ),
    ("memory of the window", _memory, "more memory, a shorter window, or divide the feeds"),
)


def database_cores(load: Load, costs: Costs, installations: int) -> float:
    """Cores that Postgres uses for all installations together."""
    names = ("fetch", "encode", "place", "reconcile", "describe")
    writing = sum(_cost(costs, f"database_{name}").mix(load.share_with_text) for name in names)
    loading = reconcile_database_seconds(load, installations, costs) / load.reconcile_seconds
    return load.per_second * writing + installations * loading


def find_limits(load: Load, machine: Machine, costs: Costs) -> list[Limit]:
    """All limits of one installation, the lowest first."""
    limits = [
        Limit(part, use(load, machine, costs, 1), _saturation(use, load, machine, costs), remedy)
        for part, use, remedy in _PARTS
    ]
    return sorted(limits, key=lambda each: each.articles_per_day)


def count_installations(load: Load, machine: Machine, costs: Costs) -> int:
    """The smallest number of equal installations in which no part exceeds the maximum load."""

    def suffices(installations: int) -> bool:
        return all(
            use(load, machine, costs, installations) <= load.max_load for _, use, _ in _PARTS
        )

    low, high = 0, 1
    while not suffices(high) and high < _MAX_INSTALLATIONS:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle, high)
    return high


def _saturation(use: _Utilisation, load: Load, machine: Machine, costs: Costs) -> float:
    """Find the articles a day at which one installation reaches the maximum load."""
    low, high = 1.0, 1e9
    for _ in range(_BISECTIONS):
        middle = (low * high) ** 0.5
        at_middle = replace(load, articles_per_day=middle)
        if use(at_middle, machine, costs, 1) <= load.max_load:
            low = middle
        else:
            high = middle
    return low
