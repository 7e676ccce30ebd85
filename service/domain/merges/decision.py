"""The rule that decides which articles form one story.

An average-linkage tree proposes which groups to merge. At each of its nodes the merge model
estimates the log odds that both branches report one event. The first story boundaries are the cut
of the tree with the highest total log odds, so a clear decision at one node outweighs a doubtful
one below. The tree may have joined an article to the wrong branch early, which separates two parts
of one event. So the same model then merges the groups of the cut, best first.
"""

from collections.abc import Callable, Sequence
from heapq import heapify, heappop
from itertools import pairwise

import numpy as np

from service.domain.articles.model import Floats, Rows
from service.domain.merges.features import Components
from service.domain.merges.group_pairs import GroupPair, GroupPairs, row_products
from service.domain.merges.model import MergeModel
from service.domain.merges.units import Matrix, UnitScores, linkage_tree
from service.settings.sections.grouping import HysteresisSettings

#: Story number of a row, or unit, that is not stable.
UNSTABLE = -1

Tree = list[tuple[Rows, tuple[int, ...]]]

#: Distances within a stable story are scaled by this, so that the tree joins its articles first.
_STABLE_DISTANCE = 1e-3
#: Groups with a lower mean pair score are not compared after the cut, which saves time.
_MIN_MEAN_SCORE = 0.1
_DIGITS = 6


def decide_groups(
    components: Components, model: MergeModel, stories: Rows, hysteresis: HysteresisSettings
) -> list[Rows]:
    """Split the units into groups that report one event, in order of first unit.

    `stories` has the stable story of each unit, or `UNSTABLE`. Merges within one stable story gain
    log odds, merges of two lose some; see `HysteresisSettings`. Groups of two components are never
    merged.
    """
    units = components.units

    def gains_of(pairs: Sequence[GroupPair]) -> list[float]:
        shifts = [
            hysteresis_shift(stories[one], stories[other], hysteresis) for one, other in pairs
        ]
        return merge_gains(components, model, pairs, np.array(shifts))

    scores = _pull_stories_together(units, stories)
    trees = [_component_tree(scores, *bounds) for bounds in pairwise(components.bounds.tolist())]
    splits = [
        (tree[children[0]][0], tree[children[1]][0])
        for tree in trees
        for _, children in tree
        if children
    ]
    gains, parts = iter(gains_of(splits)), []
    for tree in trees:
        of_tree = [next(gains) if children else 0.0 for _, children in tree]
        parts.extend(best_cut(tree, np.array(of_tree)))
    return merge_groups(parts, units, gains_of)


def merge_gains(
    components: Components, model: MergeModel, pairs: Sequence[GroupPair], shifts: Floats
) -> list[float]:
    """Return the log odds that both groups report one event, times the weight of the decision.

    `shifts` are added to the log odds. A pair that a cannot-link constraint forbids gains −∞.
    """
    if not pairs:
        return []
    units = components.units
    marked = GroupPairs.build(pairs, len(units))
    log_odds = model.log_odds(components.merge_features(marked)) + shifts
    gains = log_odds * merge_weights(units.sizes, marked)
    gains[row_products(marked.first @ units.cannot_link, marked.second) > 0] = -np.inf
    return [round(gain, _DIGITS) for gain in gains.tolist()]


def merge_weights(sizes: Floats, pairs: GroupPairs) -> Floats:
    """Weight of each decision about two groups: harmonic mean of their sizes, halved."""
    first, second = pairs.totals(sizes)
    return first * second / (first + second)


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
    groups: list[Rows],
    units: UnitScores,
    gains_of: Callable[[Sequence[GroupPair]], Sequence[float]],
) -> list[Rows]:
    """Merge the two groups with the highest gain until no gain is positive; in order of first unit.

    `gains_of` returns the gain of a merge of each pair of groups. A merged group is compared with
    all others again.
    """
    groups = list(groups)
    means = units.mean_scores_between(groups)
    gains: list[tuple[float, int, int]] = []

    def compare(pairs: list[tuple[int, int]]) -> None:
        new_gains = gains_of([(groups[one], groups[other]) for one, other in pairs])
        gains.extend(
            (-gain, *pair) for gain, pair in zip(new_gains, pairs, strict=True) if gain > 0
        )
        heapify(gains)

    compare([(int(a), int(b)) for a, b in np.argwhere(np.triu(means >= _MIN_MEAN_SCORE, k=1))])
    current = set(range(len(groups)))
    while gains:
        _, one, other = heappop(gains)
        if not {one, other} <= current:
            continue
        current -= {one, other}
        number = len(groups)
        groups.append(np.sort(np.concatenate([groups[one], groups[other]])))
        others = sorted(current)
        means_of_merged = units.mean_scores_with(groups[number], [groups[at] for at in others])
        compare(
            [
                (third, number)
                for third, mean in zip(others, means_of_merged.tolist(), strict=True)
                if mean >= _MIN_MEAN_SCORE
            ]
        )
        current.add(number)
    return sorted((groups[at] for at in current), key=lambda rows: int(rows[0]))


def _component_tree(scores: Matrix, start: int, end: int) -> Tree:
    """Return the tree of one component; its units keep their numbers among all components."""
    tree = linkage_tree(scores[start:end, start:end])
    return [(rows + start, children) for rows, children in tree]


def _pull_stories_together(units: UnitScores, stories: Rows) -> Matrix:
    """Scores with those within a stable story raised, except where a cannot-link forbids it."""
    same = (stories[:, None] == stories[None, :]) & (stories != UNSTABLE) & ~units.cannot_link
    return np.where(same, 1 - (1 - units.scores) * _STABLE_DISTANCE, units.scores)
