"""The rule that decides which articles form one story.

An average-linkage tree proposes which groups to merge. At each of its nodes the merge model
estimates the log odds that both branches report one event. The first story boundaries are the cut
of the tree with the highest total log odds, so a clear decision at one node outweighs a doubtful
one below. The tree may have joined an article to the wrong branch early, which separates two parts
of one event. So the same model then merges the groups of the cut, best first.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush

import numpy as np

from service.domain.articles.model import Floats, Rows
from service.domain.merges.features import Component
from service.domain.merges.model import MergeModel
from service.domain.merges.units import Matrix, UnitScores, linkage_tree
from service.settings.grouping import HysteresisSettings

#: Story number of a row, or unit, that is not stable.
UNSTABLE = -1

Tree = list[tuple[Rows, tuple[int, ...]]]

#: Distances within a stable story are scaled by this, so that the tree joins its articles first.
_STABLE_DISTANCE = 1e-3
#: Groups with a lower mean pair score are not compared after the cut, which saves time.
_MIN_MEAN_SCORE = 0.1
_DIGITS = 6


def decide_groups(
    component: Component, model: MergeModel, stories: Rows, hysteresis: HysteresisSettings
) -> list[Rows]:
    """Split the units of a component into groups that report one event, in order of first unit.

    `stories` has the stable story of each unit, or `UNSTABLE`. Merges within one stable story gain
    log odds, merges of two lose some; see `HysteresisSettings`.
    """
    units = component.units

    def gain(one: Rows, other: Rows) -> float:
        if units.cannot_link[np.ix_(one, other)].any():
            return -np.inf
        log_odds = model.log_odds(component.merge_features(one, other))
        log_odds += hysteresis_shift(stories[one], stories[other], hysteresis)
        return round(log_odds * merge_weight(units.sizes, one, other), _DIGITS)

    tree = linkage_tree(_pull_stories_together(units, stories))
    gains = np.zeros(len(tree))
    for node, (_, children) in enumerate(tree):
        if children:
            gains[node] = gain(*(tree[child][0] for child in children))
    return merge_groups(best_cut(tree, gains), units, gain)


def merge_weight(sizes: Floats, one: Rows, other: Rows) -> float:
    """Weight of a decision about two groups: harmonic mean of their sizes, halved."""
    first, second = sizes[one].sum(), sizes[other].sum()
    return float(first * second / (first + second))


def hysteresis_shift(one: Rows, other: Rows, hysteresis: HysteresisSettings) -> float:
    """Log odds to add to a merge of two groups with these stable stories."""
    first, second = set(one[one != UNSTABLE].tolist()), set(other[other != UNSTABLE].tolist())
    if not first or not second:
        return 0.0
    return hysteresis.keep_log_odds if first & second else -hysteresis.join_log_odds


def best_cut(tree: Tree, gains: Floats) -> list[Rows]:
    """The branches of the cut with the highest total gain; a tie splits.

    The gain of a branch is the sum over its nodes, and 0 for a leaf.
    """
    merged, best = np.zeros(len(tree)), np.zeros(len(tree))
    for node, (_, children) in enumerate(tree):
        if children:
            split = sum(best[child] for child in children)
            merged[node] = sum(merged[child] for child in children) + gains[node]
            best[node] = max(merged[node], split)
    stack, parts = [len(tree) - 1], []
    while stack:
        node = stack.pop()
        rows, children = tree[node]
        if not children or merged[node] > sum(best[child] for child in children):
            parts.append(rows)
        else:
            stack.extend(children)
    return sorted(parts, key=lambda rows: int(rows[0]))


def merge_groups(
    groups: list[Rows], units: UnitScores, gain: Callable[[Rows, Rows], float]
) -> list[Rows]:
    """Merge the two groups with the highest gain until no gain is positive; in order of first unit.

    `gain` compares two groups of units. A merged group is compared with all others again.
    """
    groups = list(groups)
    means = units.mean_scores_between(groups)
    gains = [
        (-value, int(one), int(other))
        for one, other in np.argwhere(np.triu(means >= _MIN_MEAN_SCORE, k=1))
        if (value := gain(groups[one], groups[other])) > 0
    ]
    heapify(gains)
    current = set(range(len(groups)))
    while gains:
        _, one, other = heappop(gains)
        if not {one, other} <= current:
            continue
        current -= {one, other}
        merged, number = np.sort(np.concatenate([groups[one], groups[other]])), len(groups)
        for third in sorted(current):
            if (
                units.mean_score_between(merged, groups[third]) >= _MIN_MEAN_SCORE
                and (value := gain(groups[third], merged)) > 0
            ):
                heappush(gains, (-value, third, number))
        groups.append(merged)
        current.add(number)
    return sorted((groups[at] for at in current), key=lambda rows: int(rows[0]))


def _pull_stories_together(units: UnitScores, stories: Rows) -> Matrix:
    """Scores with those within a stable story raised, except where a cannot-link forbids it."""
    same = (stories[:, None] == stories[None, :]) & (stories != UNSTABLE) & ~units.cannot_link
    return np.where(same, 1 - (1 - units.scores) * _STABLE_DISTANCE, units.scores)
