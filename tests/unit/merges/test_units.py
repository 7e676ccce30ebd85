from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.merges.units import UnitScores, split_to_quorum
from tests.support.content.scores import score_matrices


@given(score_matrices(), st.floats(0, 1))
def test_every_part_of_a_split_group_meets_the_quorum(scores: np.ndarray, quorum: float) -> None:
    units = UnitScores.from_single_articles(scores)
    parts = split_to_quorum(units, quorum)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(scores)))
    assert all(len(part) == 1 or units.subset(part).meets_quorum(quorum) for part in parts)


def test_chain_is_split() -> None:
    near, far = 0.9, 0.0
    scores = np.array([[1, near, far], [near, 1, 0.8], [far, 0.8, 1]])
    parts = split_to_quorum(UnitScores.from_single_articles(scores), 0.5)
    assert [part.tolist() for part in parts] == [[0, 1], [2]]


def test_mean_scores_weight_units_by_size() -> None:
    scores = np.array([[1.0, 0.4], [0.4, 1.0]])
    # Two articles in the first unit: (1 + .4) / 2 and (.4 + .4) / 2.
    assert replace(
        UnitScores.from_single_articles(scores), sizes=np.array([2.0, 1.0])
    ).mean_scores().tolist() == pytest.approx([0.7, 0.4])
    assert UnitScores.from_single_articles(np.ones((1, 1))).mean_scores().tolist() == [1]
