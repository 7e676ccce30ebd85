import numpy as np
import pytest

from service.domain.merges.training import label_merges
from tests.unit.merges.test_decision import component, symmetric


def test_merge_is_right_if_the_majorities_agree() -> None:
    scores = symmetric({(0, 1): 0.9, (2, 3): 0.8, (0, 4): 0.5, (1, 4): 0.5}, 5, default=0.1)
    labels = np.array([7, 7, 8, 8, 9])
    members = [[row] for row in range(5)]
    merges = label_merges([(component(scores), members)], labels)
    assert merges.same.tolist() == [True, True, False, False]
    assert merges.weights.tolist() == pytest.approx([1 / 2, 1 / 2, 2 / 3, 6 / 5])


def test_windows_without_components_have_no_merges() -> None:
    merges = label_merges([], np.array([1, 2]))
    assert merges.features.shape[0] == len(merges.same) == len(merges.weights) == 0
