"""Clustering of a window: connected components; scores and HDBSCAN labels of their units."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from service.domain.articles.model import Floats, Rows
from service.domain.compute import IN_PROCESS, Compute
from service.domain.grouping.hysteresis import StableStories, chain_pairs
from service.domain.merges.decision import decide_groups
from service.domain.merges.features import Components
from service.domain.merges.model import MergeModel
from service.domain.merges.units import Mask, Matrix, UnitScores
from service.domain.pairs.features import Features
from service.domain.pairs.nearest import Pairs
from service.domain.pairs.scoring.score import PairModel
from service.settings.sections.grouping import GroupingSettings

#: Maximum articles per unit that are compared with other units.
_REPRESENTATIVES = 4
_MAX_THRESHOLD = 0.99
#: Maximum number of units of the components that are compared together. A call of NumPy for a few
#: units takes longer than the arithmetic.
_BATCH_UNITS = 96


@dataclass(frozen=True, slots=True)
class Units:
    """Articles that are never separated: duplicates and must-link articles.

    Every row is in exactly one unit.
    """

    members: list[list[int]]
    cannot_link: set[tuple[int, int]]  #: rows that must be in different groups

    def unit_of_rows(self, rows: int) -> Rows:
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
    merge_model: MergeModel,
    settings: GroupingSettings,
    stable: StableStories,
    compute: Compute = IN_PROCESS,
) -> Rows:
    """Group the rows of a window: the group of each row, numbered by first row.

    `pairs` and `scores` are the scored candidates. Rows must be in canonical order; the result
    then depends only on the set of articles and on the stable stories.
    """
    unit_of = units.unit_of_rows(len(features))
    stable_units = stable.by_unit(units.members)
    group_of_unit = np.arange(len(units.members), dtype=np.int64)
    components = split_components(unit_of[pairs], scores, stable_units.numbers, settings)
    window = _Window(features, units, stable_units, model, merge_model, settings)
    batches = _join_small(each for each in components if len(each) > 1)
    for parts in compute.map(_decide_batch, window, batches):
        for part in parts:
            group_of_unit[part] = part[0]
    return renumber(group_of_unit[unit_of])


@dataclass(frozen=True, slots=True)
class _Window:
    """Data that the decisions about all components of a window need."""

    features: Features
    units: Units
    stable: StableStories  #: of the units
    model: PairModel
    merge_model: MergeModel
    settings: GroupingSettings


def _decide_batch(window: _Window, components: list[Rows]) -> list[Rows]:
    """Return the units of each group of some components."""
    joined, units = np.concatenate(components), window.units
    members = [[units.members[unit] for unit in component] for component in components]
    parts = decide_groups(
        build_components(
            members, units.cannot_link, window.features, window.model, window.settings
        ),
        window.merge_model,
        window.stable.numbers[joined],
        window.stable.settings,
    )
    return [joined[part] for part in parts]


def _join_small(components: Iterable[Rows]) -> Iterator[list[Rows]]:
    """Yield lists of components with at most `_BATCH_UNITS` units, or one larger component."""
    batch: list[Rows] = []
    total = 0
    for component in components:
        if batch and total + len(component) > _BATCH_UNITS:
            yield batch
            batch, total = [], 0
        batch.append(component)
        total += len(component)
    if batch:
        yield batch


def build_components(
    components: list[list[list[int]]],
    cannot_link: set[tuple[int, int]],
    features: Features,
    model: PairModel,
    settings: GroupingSettings,
) -> Components:
    """Scores and HDBSCAN labels of the units of components, for the merge model.

    `components` has, for each component, the rows of each unit.
    """
    members = [rows for component in components for rows in component]
    bounds = np.cumsum([0, *map(len, components)])
    units = _score_units(members, cannot_link, features, model)
    component_of = np.repeat(np.arange(len(components)), np.diff(bounds))
    units.scores[component_of[:, None] != component_of[None, :]] = 0
    # The labels of n units are below 2 n, so this offset keeps labels of components apart.
    clusters = [
        run_hdbscan(units.scores[start:end, start:end], settings.epsilon) + 2 * start
        for start, end in pairwise(bounds.tolist())
    ]
    return Components.build(units, bounds, members, features, np.concatenate(clusters))


def split_components(
    links: Pairs, scores: Floats, stable_numbers: Rows, settings: GroupingSettings
) -> Iterator[Rows]:
    """Connected components of units, each with at most `max_component` units.

    Units are connected by pairs with at least `weak_score`, and by a common stable story:
    `stable_numbers` are those of `StableStories`, by unit. Larger components are cut at their
    weakest pairs. A component that even the strongest pairs connect is cut by order.
    """
    count, chains = len(stable_numbers), chain_pairs(stable_numbers)
    links = np.concatenate([links, chains])
    scores = np.concatenate([scores, np.ones(len(chains))])
    stack = [(np.arange(count, dtype=np.int64), settings.weak_score)]
    while stack:
        units, threshold = stack.pop()
        for part in _connected(units, links, scores, threshold, count):
            if len(part) <= settings.max_component:
                yield part
            elif threshold < 1:
                # A quarter of the way to 1 at each step, and finally 1.
                stronger = threshold + (1 - threshold) / 4 if threshold < _MAX_THRESHOLD else 1.0
                stack.append((part, stronger))
            else:
                yield from np.array_split(part, -(-len(part) // settings.max_component))


def run_hdbscan(scores: Matrix, epsilon: float) -> Rows:
    """HDBSCAN labels over distances 1 − score (Campello et al. 2013); noise gets its own label.

    By default HDBSCAN never returns a single cluster. Two anchor points, at distance 1 from all
    units, make a single cluster possible. The option `allow_single_cluster` of HDBSCAN would also
    do that, but it joins clusters that epsilon separates.
    """
    # hdbscan imports scikit-learn, which takes longer than most commands to run.
    from hdbscan import hdbscan  # noqa: PLC0415

    count = len(scores)
    if count == 2 and scores[0, 1] > 0:  # noqa: PLR2004
        return np.zeros(2, dtype=np.int64)  # nearer to each other than to the two added points
    distances = np.ones((count + 2, count + 2))
    distances[:count, :count] = 1 - scores
    distances[count:, count:] = 0
    np.fill_diagonal(distances, 0)
    # The function returns the labels of the class `HDBSCAN`, but takes half the time.
    clusters = hdbscan(
        distances,
        min_cluster_size=2,
        min_samples=1,
        metric="precomputed",
        cluster_selection_epsilon=epsilon,
    )[0][:count]
    noise = clusters < 0
    labels = np.where(noise, 0, clusters).astype(np.int64)
    labels[noise] = count + np.arange(noise.sum())
    return labels


def renumber(labels: Rows) -> Rows:
    """Renumber labels from 0 in order of their first row."""
    _, first, at = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[at]


def connected_labels(ones: Rows, others: Rows, count: int) -> Rows:
    """The connected component of each of `count` rows, as a number; `ones[i]` links `others[i]`."""
    graph = coo_matrix((np.ones(len(ones)), (ones, others)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def rows_by_label(labels: Rows) -> list[Rows]:
    """The rows of each label, in order of the labels."""
    order = np.argsort(labels, kind="stable").astype(np.int64)
    if not len(order):
        return []
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)


def _score_units(
    members: list[list[int]],
    cannot_link: set[tuple[int, int]],
    features: Features,
    model: PairModel,
) -> UnitScores:
    """Score units with each other; those of different components, too."""
    sizes = np.array([len(rows) for rows in members], dtype=np.float64)
    scores = _mean_scores(members, features, model)
    mask: Mask = np.zeros((len(members), len(members)), dtype=bool)
    unit_of = {row: unit for unit, rows in enumerate(members) for row in rows}
    for first, second in cannot_link:
        if first in unit_of and second in unit_of:
            one, other = unit_of[first], unit_of[second]
            mask[one, other] = mask[other, one] = True
    scores[mask] = 0
    return UnitScores(scores, sizes, mask)


def _mean_scores(members: list[list[int]], features: Features, model: PairModel) -> Matrix:
    """Mean pair score between the representatives of each two units, 1 on the diagonal."""
    representatives = [rows[:_REPRESENTATIVES] for rows in members]
    counts = np.array([len(rows) for rows in representatives])
    rows = np.array([row for rows in representatives for row in rows], dtype=np.int64)
    scores = model.score_matrix(features, rows, rows)
    if len(rows) > len(members):
        starts = np.cumsum(counts) - counts
        sums = np.add.reduceat(np.add.reduceat(scores, starts, axis=0), starts, axis=1)
        scores = sums / (counts[:, None] * counts[None, :])
    np.fill_diagonal(scores, 1)
    return scores


def _connected(
    units: Rows, links: Pairs, scores: Floats, threshold: float, count: int
) -> list[Rows]:
    """Connected components of some units over the links that reach the threshold."""
    inside = np.zeros(count, dtype=bool)
    inside[units] = True
    strong = links[(scores >= threshold) & inside[links].all(axis=1)]
    labels = connected_labels(strong[:, 0], strong[:, 1], count)[units]
    return [units[rows] for rows in rows_by_label(labels)]
