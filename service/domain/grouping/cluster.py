"""Micro-clusters of a window: HDBSCAN proposes, a quorum confirms, what had settled stays."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from service.domain.articles.model import Floats, Rows
from service.domain.grouping.hysteresis import StableStories, chain_pairs, settle
from service.domain.grouping.quorum import Mask, Matrix, UnitScores, split_to_quorum
from service.domain.pairs.candidates import Pairs
from service.domain.pairs.features import Features
from service.domain.pairs.score import PairModel
from service.settings.grouping import GroupingSettings

#: Articles of a unit that speak for it.
_SPEAKERS = 4
_STRONGEST = 0.99


@dataclass(frozen=True, slots=True)
class Units:
    """Articles that cannot be told apart or that an editor bound; each row is in one unit."""

    members: list[list[int]]
    barred: set[tuple[int, int]]  #: rows that must be apart

    def of_rows(self, rows: int) -> Rows:
        """The unit of each row."""
        unit_of = np.empty(rows, dtype=np.int64)
        for unit, members in enumerate(self.members):
            unit_of[members] = unit
        return unit_of


def group(
    features: Features,
    pairs: Pairs,
    scores: Floats,
    units: Units,
    *,
    model: PairModel,
    settings: GroupingSettings,
    settled: StableStories,
) -> Rows:
    """The group of each row, numbered by first row.

    Rows must stand in canonical order; then the result depends on nothing but the set of rows and
    on what has settled.
    """
    unit_of = units.of_rows(len(features))
    homes = settled.of_units(units.members)
    joined = np.empty(len(units.members), dtype=np.int64)
    groups = 0
    for component in components(unit_of[pairs], scores, homes.stories, settings):
        members = [units.members[unit] for unit in component]
        peers = _peers(members, units.barred, features, model)
        for part in _groups_of(peers, homes.of(component), settings):
            joined[component[part]] = groups
            groups += 1
    return renumber(joined[unit_of])


def components(
    links: Pairs, scores: Floats, stories: Rows, settings: GroupingSettings
) -> Iterator[Rows]:
    """Sets of units that strong enough pairs connect, none larger than the bound.

    `stories` holds the story of each unit that has settled; these are connected, too. A set that
    is larger is cut at its weakest pairs; what even the strongest pairs hold together is cut by
    order.
    """
    count, chains = len(stories), chain_pairs(stories)
    links = np.concatenate([links, chains])
    scores = np.concatenate([scores, np.ones(len(chains))])
    waiting = [(np.arange(count, dtype=np.int64), settings.weak_score)]
    while waiting:
        units, weakest = waiting.pop()
        for part in _connected(units, links, scores, weakest, count):
            if len(part) <= settings.component:
                yield part
            elif weakest < 1:
                waiting.append((part, _stronger(weakest)))
            else:
                yield from np.array_split(part, -(-len(part) // settings.component))


def propose(scores: Matrix, epsilon: float) -> Rows:
    """HDBSCAN's clusters over distances 1 − score (Campello et al. 2013); noise stands alone.

    Two anchors at distance 1 from everything let all units be one cluster, which HDBSCAN
    otherwise refuses, without its `allow_single_cluster`, which joins what epsilon parts.
    """
    # Here, because it brings scikit-learn, which takes longer to load than most commands need in all.
    from hdbscan import HDBSCAN  # noqa: PLC0415

    count = len(scores)
    distances = np.ones((count + 2, count + 2))
    distances[:count, :count] = 1 - scores
    distances[count:, count:] = 0
    np.fill_diagonal(distances, 0)
    found = HDBSCAN(
        min_cluster_size=2,
        min_samples=1,
        metric="precomputed",
        cluster_selection_epsilon=epsilon,
    ).fit_predict(distances)[:count]
    alone = found < 0
    labels = np.where(alone, 0, found).astype(np.int64)
    labels[alone] = count + np.arange(alone.sum())
    return labels


def renumber(labels: Rows) -> Rows:
    """The same groups, numbered from 0 in order of their first row."""
    _, first, at = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[at]


def rows_by_label(labels: Rows) -> list[Rows]:
    """The rows of each label, in order of the labels."""
    order = np.argsort(labels, kind="stable").astype(np.int64)
    if not len(order):
        return []
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)


def _peers(
    members: list[list[int]], bars: set[tuple[int, int]], features: Features, model: PairModel
) -> UnitScores:
    """The units of a component; there is nothing to score in one alone."""
    sizes = np.array([len(rows) for rows in members], dtype=np.float64)
    if len(members) == 1:
        return replace(UnitScores.single(np.ones((1, 1))), sizes=sizes)
    scores, barred = _unit_scores(members, features, model), _barred(members, bars)
    scores[barred] = 0
    return UnitScores(scores, sizes, barred)


def _groups_of(peers: UnitScores, settled: StableStories, settings: GroupingSettings) -> list[Rows]:
    if len(peers) == 1:
        return [np.zeros(1, dtype=np.int64)]
    proposed = [
        part[units]
        for part in rows_by_label(propose(peers.scores, settings.epsilon))
        for units in split_to_quorum(peers.of(part), settings.quorum)
    ]
    return settle(proposed, peers, settled, quorum=settings.quorum)


def _unit_scores(members: list[list[int]], features: Features, model: PairModel) -> Matrix:
    """Mean pair score between the speakers of each two units, 1 on the diagonal."""
    speakers = [rows[:_SPEAKERS] for rows in members]
    counts = np.array([len(group) for group in speakers])
    rows = np.array([row for group in speakers for row in group], dtype=np.int64)
    scores = model.between(features, rows, rows)
    if len(rows) > len(members):
        starts = np.cumsum(counts) - counts
        sums = np.add.reduceat(np.add.reduceat(scores, starts, axis=0), starts, axis=1)
        scores = sums / (counts[:, None] * counts[None, :])
    np.fill_diagonal(scores, 1)
    return scores


def _barred(members: list[list[int]], bars: set[tuple[int, int]]) -> Mask:
    barred = np.zeros((len(members), len(members)), dtype=bool)
    unit_of = {row: unit for unit, rows in enumerate(members) for row in rows}
    for first, second in bars:
        if first in unit_of and second in unit_of:
            one, other = unit_of[first], unit_of[second]
            barred[one, other] = barred[other, one] = True
    return barred


def _connected(units: Rows, links: Pairs, scores: Floats, weakest: float, count: int) -> list[Rows]:
    inside = np.zeros(count, dtype=bool)
    inside[units] = True
    kept = links[(scores >= weakest) & inside[links].all(axis=1)]
    graph = coo_matrix((np.ones(len(kept)), (kept[:, 0], kept[:, 1])), shape=(count, count))
    labels = connected_components(graph, directed=False)[1][units]
    return [units[rows] for rows in rows_by_label(labels)]


def _stronger(weakest: float) -> float:
    """The next threshold to try: a quarter of the way to 1, and 1 at last."""
    return weakest + (1 - weakest) / 4 if weakest < _STRONGEST else 1.0
