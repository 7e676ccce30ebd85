import numpy as np

from service.domain.placing import Neighbour, Placement, StoryScore
from service.domain.reasons import Reason, of_grouping, of_placement
from service.domain.windows import Grouping
from tests.support.lexicons import lexicon_of

NEAREST = (Neighbour(7, 0.97), Neighbour(8, 0.5))


def test_a_placement_names_its_nearest_members_and_the_next_best_story() -> None:
    shares = {"dense": 2.12345}
    reason = of_placement(Placement(1, "s", None, 0.9, NEAREST, shares, StoryScore("t", 0.123456)))
    assert reason == Reason(
        0.9,
        {
            "score": 0.9,
            "nearest": [
                {"article": 7, "score": 0.97, "shares": {"dense": 2.123}},
                {"article": 8, "score": 0.5},
            ],
            "next": {"story": "t", "score": 0.1235},
        },
    )


def test_a_founder_was_near_to_nobody() -> None:
    assert of_placement(Placement(1, None, None, None, NEAREST, {}, None)) == Reason()
    lonely = Placement(1, "s", None, 0.9, (), {}, None)
    assert of_placement(lonely).evidence == {"score": 0.9, "nearest": []}


def test_a_grouping_gives_the_candidates_of_the_same_group_as_reasons() -> None:
    grouping = Grouping(
        ids=(1, 2, 3, 4),
        groups=((1, 2, 3), (4,)),
        pairs=np.array([[0, 1], [0, 2], [0, 3], [1, 2]]),
        scores=np.array([0.8, 0.9, 0.4, 0.7]),
        copies=(),
        lexicon=lexicon_of([]),
    )
    found = of_grouping(grouping, {1, 3, 4})
    assert set(found) == {1, 3, 4}
    assert found[1].evidence["nearest"] == [
        {"article": 3, "score": 0.9},
        {"article": 2, "score": 0.8},
    ]
    assert found[1].evidence["score"] == 0.85
    assert {near["article"] for near in found[3].evidence["nearest"]} == {1, 2}
    assert found[4] == Reason()
