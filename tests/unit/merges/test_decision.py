from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.articles.model import Rows
from service.domain.merges.decision import (
    UNSTABLE,
    Tree,
    best_cut,
    decide_groups,
    hysteresis_shift,
    merge_groups,
    merge_weights,
)
from service.domain.merges.features import MERGE_FEATURES, Components
from service.domain.merges.group_pairs import GroupPair, GroupPairs
from service.domain.merges.units import Matrix, UnitScores, linkage_tree
from tests.support.content.events import hysteresis_settings, merge_model
from tests.support.content.scores import score_matrices


def component(scores: Matrix, cannot_link: set[tuple[int, int]] | None = None) -> Components:
    """One component of single articles with these pair scores and no other features."""
    units = UnitScores.from_single_articles(scores)
    for one, other in cannot_link or set():
        units.cannot_link[one, other] = units.cannot_link[other, one] = True
    count = len(scores)
    nothing = np.zeros((count, count))
    return Components(
        units=units,
        bounds=np.array([0, count]),
        log_odds=np.zeros((count, count)),
        dense=nothing,
        title=nothing,
        body=nothing,
        names=np.zeros((count, 1)),
        clusters=np.arange(count),
        outlets=np.zeros((count, 0)),
        repeats=np.zeros((0, 3), dtype=np.int64),
        undated=np.ones(count),
        lengths=np.zeros(count),
        hours=np.full(count, np.nan),
        unit_of=np.arange(count),
        background=0.0,
        prior_shift=0.0,
    )


def symmetric(pairs: dict[tuple[int, int], float], count: int, default: float = 0.0) -> Matrix:
    scores = np.full((count, count), default)
    for (one, other), score in pairs.items():
        scores[one, other] = scores[other, one] = score
    np.fill_diagonal(scores, 1)
    return scores


def decide(
    scores: Matrix,
    stories: list[int] | None = None,
    *,
    keep: float = 1.0,
    cannot_link: set[tuple[int, int]] | None = None,
) -> list[list[int]]:
    """Groups under a model that merges at a mean pair score of .5."""
    numbers = np.array(stories or [UNSTABLE] * len(scores))
    hysteresis = replace(hysteresis_settings(), keep_log_odds=keep, join_log_odds=1.0)
    parts = decide_groups(component(scores, cannot_link), merge_model(0.5), numbers, hysteresis)
    return [part.tolist() for part in parts]


def total_gain(tree: Tree, gains: list[float], parts: list[Rows]) -> float | None:
    """Gain of a cut, or None if a part is not a branch of the tree."""
    inside = {tuple(rows): node for node, (rows, _) in enumerate(tree)}
    if any(tuple(part) not in inside for part in parts):
        return None
    members = [set(part.tolist()) for part in parts]
    return sum(
        gain
        for (rows, children), gain in zip(tree, gains, strict=True)
        if children and any(set(rows.tolist()) <= part for part in members)
    )


@given(score_matrices(2, 4), st.data())
def test_best_cut_has_the_highest_total_gain(scores: Matrix, data: st.DataObject) -> None:
    tree = linkage_tree(scores)
    drawn = data.draw(st.lists(st.integers(-5, 5), min_size=len(tree), max_size=len(tree)))
    gains = [
        float(gain) if children else 0.0 for (_, children), gain in zip(tree, drawn, strict=True)
    ]
    chosen = total_gain(tree, gains, best_cut(tree, np.array(gains)))
    for labels in product(range(len(scores)), repeat=len(scores)):
        if all(label <= before + 1 for before, label in pairwise((-1, *labels))):
            numbers = np.array(labels)
            parts = [np.flatnonzero(numbers == label) for label in np.unique(numbers)]
            other = total_gain(tree, gains, parts)
            assert other is None or (chosen is not None and other <= chosen)


def test_tie_splits() -> None:
    tree = linkage_tree(np.eye(2))
    assert [part.tolist() for part in best_cut(tree, np.zeros(3))] == [[0], [1]]


def test_clear_decision_outweighs_a_doubtful_one_below() -> None:
    scores = symmetric({(0, 1): 0.9, (2, 3): 0.9}, 4, default=0.8)
    tree = linkage_tree(scores)
    gains = np.zeros(len(tree))
    gains[-1], gains[4] = 3.0, -1.0
    assert [part.tolist() for part in best_cut(tree, gains)] == [[0, 1, 2, 3]]


def test_groups_merge_above_the_models_threshold() -> None:
    scores = symmetric({(0, 1): 0.9, (2, 3): 0.9}, 4, default=0.2)
    assert decide(scores) == [[0, 1], [2, 3]]
    assert decide(symmetric({(0, 1): 0.9, (2, 3): 0.9}, 4, default=0.6)) == [[0, 1, 2, 3]]


def test_stable_story_near_the_threshold_stays_together() -> None:
    scores = symmetric({(0, 1): 0.4}, 2)
    assert decide(scores, [5, 5]) == [[0, 1]]
    assert decide(scores, [5, 5], keep=0.0) == [[0], [1]]


def test_two_stable_stories_merge_only_on_clear_evidence() -> None:
    assert decide(symmetric({(0, 1): 0.6}, 2), [5, 6]) == [[0], [1]]
    assert decide(symmetric({(0, 1): 0.9}, 2), [5, 6]) == [[0, 1]]


def test_arrival_joins_the_nearer_story() -> None:
    scores = symmetric({(0, 1): 0.9, (2, 3): 0.9, (1, 4): 0.8, (0, 4): 0.8}, 5, default=0.1)
    assert decide(scores, [5, 5, 6, 6, UNSTABLE]) == [[0, 1, 4], [2, 3]]


def test_cannot_link_splits_a_stable_story() -> None:
    scores = symmetric({}, 3, default=0.95)
    groups = decide(scores, [5, 5, 5], cannot_link={(0, 1)})
    assert not any({0, 1} <= set(group) for group in groups)


def test_arrival_joins_its_part_of_a_story_that_an_editor_split() -> None:
    scores = symmetric({(0, 2): 0.95, (1, 2): 0.4}, 3)
    assert decide(scores, [5, 5, UNSTABLE], cannot_link={(0, 1)}) == [[0, 2], [1]]


@given(score_matrices(2, 7), st.data())
def test_every_unit_is_in_one_group_and_cannot_links_hold(
    scores: Matrix, data: st.DataObject
) -> None:
    rows = st.integers(0, len(scores) - 1)
    drawn = data.draw(st.sets(st.tuples(rows, rows), max_size=4))
    barred = {(one, other) for one, other in drawn if one != other}
    count = len(scores)
    stories = data.draw(st.lists(st.integers(UNSTABLE, 2), min_size=count, max_size=count))
    groups = decide(scores, stories, cannot_link=barred)
    assert sorted(unit for group in groups for unit in group) == list(range(len(scores)))
    assert not any({one, other} <= set(group) for one, other in barred for group in groups)


@pytest.mark.parametrize(
    ("one", "other", "shift"),
    [
        ([1, UNSTABLE], [1], 2.0),
        ([1], [2, 3], -1.0),
        ([1, 2], [2, 3], 2.0),
        ([UNSTABLE], [1], 0.0),
        ([UNSTABLE], [UNSTABLE], 0.0),
    ],
)
def test_hysteresis_favours_current_stories(one: list[int], other: list[int], shift: float) -> None:
    settings = replace(hysteresis_settings(), keep_log_odds=2.0, join_log_odds=1.0)
    assert hysteresis_shift(np.array(one), np.array(other), settings) == shift


def test_weight_of_a_merge_is_half_the_harmonic_mean_of_sizes() -> None:
    sizes = np.array([1.0, 2.0, 6.0])
    pairs = GroupPairs.build([(np.array([0, 1]), np.array([2]))], 3)
    assert merge_weights(sizes, pairs).tolist() == [2.0]  # exact


def test_model_reads_every_feature_once() -> None:
    assert len(set(MERGE_FEATURES)) == len(MERGE_FEATURES)


def test_groups_of_the_cut_are_merged_best_first() -> None:
    """The best merge comes first, and the merged group is compared again."""
    gains = {((0,), (1,)): 1.0, ((1,), (2,)): 2.0, ((0,), (1, 2)): -1.0, ((0,), (2,)): 0.5}
    units = UnitScores.from_single_articles(symmetric({}, 3, default=0.5))
    compared: list[tuple[tuple[int, ...], tuple[int, ...]]] = []

    def gains_of(pairs: Sequence[GroupPair]) -> list[float]:
        compared.extend((tuple(one), tuple(other)) for one, other in pairs)
        return [gains[tuple(one), tuple(other)] for one, other in pairs]

    groups = merge_groups([np.array([0]), np.array([1]), np.array([2])], units, gains_of)
    assert [group.tolist() for group in groups] == [[0], [1, 2]]
    assert compared[-1] == ((0,), (1, 2))


def test_groups_with_low_scores_are_not_compared() -> None:
    compared: list[GroupPair] = []

    def gains_of(pairs: Sequence[GroupPair]) -> list[float]:
        compared.extend(pairs)
        return [1.0] * len(pairs)

    units = UnitScores.from_single_articles(symmetric({}, 2, default=0.05))
    assert len(merge_groups([np.array([0]), np.array([1])], units, gains_of)) == 2
    assert not compared


def test_groups_in_different_branches_are_merged() -> None:
    """The tree joins 0 and 1 first, which no story may; the cut then has three single units."""
    scores = symmetric({(0, 1): 0.9, (0, 2): 0.8, (1, 2): 0.4}, 3)
    assert decide(scores, cannot_link={(0, 1)}) == [[0, 2], [1]]
