from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.domain.articles.model import Rows
from service.domain.grouping.cluster import renumber, rows_by_label
from service.domain.grouping.hysteresis import (
    UNSTABLE,
    StableStories,
    apply_hysteresis,
    chain_pairs,
)
from service.domain.grouping.quorum import UnitScores, split_to_quorum
from service.domain.grouping.window import CurrentStory, group_window
from service.settings.grouping import HysteresisSettings
from tests.support.content.events import (
    encoded,
    event_articles,
    hysteresis_settings,
    pair_model,
    story_settings,
)

QUORUM = 0.2
SETTINGS = HysteresisSettings(
    min_age_hours=1, min_window_articles=3, join_score=0.4, merge_score=0.8
)


def peers(near: dict[tuple[int, int], float], count: int, otherwise: float = 0.0) -> UnitScores:
    scores = np.full((count, count), otherwise)
    for (one, other), score in near.items():
        scores[one, other] = scores[other, one] = score
    np.fill_diagonal(scores, 1)
    return UnitScores.of_single_articles(scores)


def settled(*stories: int) -> StableStories:
    return StableStories(np.array(stories), SETTINGS)


def groups(proposed: list[list[int]], found: UnitScores, homes: StableStories) -> list[list[int]]:
    rows = [np.array(part) for part in proposed]
    return sorted(part.tolist() for part in apply_hysteresis(rows, found, homes, quorum=QUORUM))


def test_where_nothing_has_settled_the_proposal_stands() -> None:
    nothing = settled(UNSTABLE, UNSTABLE, UNSTABLE)
    assert groups([[0, 2], [1]], peers({}, 3), nothing) == [[0, 2], [1]]


def test_a_story_that_holds_is_not_parted() -> None:
    near = peers({(0, 1): 0.5, (0, 2): 0.3, (1, 2): 0.3}, 3)
    assert groups([[0, 1], [2]], near, settled(0, 0, 0)) == [[0, 1, 2]]


def test_strangers_are_parted_though_they_stood_together() -> None:
    near = peers({(0, 1): 0.5, (0, 2): 0.1, (1, 2): 0.1}, 3)
    assert groups([[0, 1], [2]], near, settled(0, 0, 0)) == [[0, 1], [2]]


def test_two_stories_become_one_only_when_they_are_near() -> None:
    near = peers({(0, 1): 0.9, (2, 3): 0.9}, 4, otherwise=0.7)
    assert groups([[0, 1, 2, 3]], near, settled(0, 0, 1, 1)) == [[0, 1], [2, 3]]
    nearer = peers({(0, 1): 0.9, (2, 3): 0.9}, 4, otherwise=0.85)
    assert groups([[0, 1, 2, 3]], nearer, settled(0, 0, 1, 1)) == [[0, 1, 2, 3]]


def test_arrivals_join_the_nearest_of_the_stories_they_were_proposed_with() -> None:
    near = peers({(0, 2): 0.5, (1, 2): 0.6, (0, 1): 0.5}, 3)
    assert groups([[0, 1, 2]], near, settled(0, 1, UNSTABLE)) == [[0], [1, 2]]


def test_arrivals_that_are_not_near_enough_are_a_group_of_their_own() -> None:
    near = peers({(0, 1): 0.3, (0, 2): 0.3, (1, 2): 0.9}, 3)
    assert groups([[0, 1, 2]], near, settled(0, UNSTABLE, UNSTABLE)) == [[0], [1, 2]]


def test_a_block_goes_where_most_of_it_was_proposed() -> None:
    near = peers({(0, 3): 0.5, (1, 3): 0.5, (2, 3): 0.5}, 4, otherwise=0.5)
    assert groups([[0, 1, 3], [2]], near, settled(0, 0, 0, UNSTABLE)) == [[0, 1, 2, 3]]


def test_what_an_editor_barred_is_parted_whatever_it_scores() -> None:
    near = peers({}, 3, otherwise=0.9)
    near.cannot_link[0, 1] = near.cannot_link[1, 0] = True
    near.scores[0, 1] = near.scores[1, 0] = 0
    found = groups([[0, 2], [1]], near, settled(0, 0, 0))
    assert not any({0, 1} <= set(part) for part in found)


def test_what_settles_is_old_enough_and_among_enough_others() -> None:
    homes, ages = ["a", "b", "a", None], np.array([2.0, 2.0, 0.5, 2.0])
    assert StableStories.select(homes, ages, 3, SETTINGS).stories.tolist() == [0, 1, -1, -1]
    assert StableStories.select(homes, ages, 2, SETTINGS).stories.tolist() == [-1, -1, -1, -1]


def test_a_unit_is_where_most_of_its_settled_articles_are() -> None:
    rows = settled(4, 5, 5, UNSTABLE, UNSTABLE)
    assert rows.of_units([[0, 1, 2], [3], [4]]).stories.tolist() == [5, -1, -1]


def test_companions_chain_each_story() -> None:
    assert chain_pairs(np.array([3, 7, 3, UNSTABLE, 3])).tolist() == [[0, 2], [2, 4]]
    assert chain_pairs(np.array([], dtype=np.int64)).shape == (0, 2)


@st.composite
def situations(draw: st.DrawFn) -> tuple[UnitScores, Rows, StableStories]:
    count = draw(st.integers(1, 9))
    cells = draw(st.lists(st.floats(0, 1), min_size=count**2, max_size=count**2))
    upper = np.triu(np.array(cells).reshape(count, count), 1)
    labels = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    homes = draw(st.lists(st.integers(UNSTABLE, 2), min_size=count, max_size=count))
    return (
        UnitScores.of_single_articles(upper + upper.T + np.eye(count)),
        np.array(labels),
        settled(*homes),
    )


@given(situations())
def test_every_unit_is_in_one_group_that_holds(
    situation: tuple[UnitScores, Rows, StableStories],
) -> None:
    near, labels, homes = situation
    proposed = [
        part[units]
        for part in rows_by_label(renumber(labels))
        for units in split_to_quorum(near.subset(part), QUORUM)
    ]
    found = apply_hysteresis(proposed, near, homes, quorum=QUORUM)
    assert sorted(np.concatenate(found).tolist()) == list(range(len(near)))
    assert all(len(part) == 1 or near.subset(part).meets_quorum(QUORUM) for part in found)


@given(situations())
def test_settling_what_settled_changes_nothing(
    situation: tuple[UnitScores, Rows, StableStories],
) -> None:
    near, _, homes = situation
    stories = rows_by_label(renumber(homes.stories))
    held = [part[units] for part in stories for units in split_to_quorum(near.subset(part), QUORUM)]
    numbers = np.empty(len(near), dtype=np.int64)
    for number, part in enumerate(held):
        numbers[part] = number
    again = apply_hysteresis(held, near, settled(*numbers.tolist()), quorum=QUORUM)
    assert sorted(part.tolist() for part in again) == sorted(part.tolist() for part in held)


def test_a_window_keeps_what_has_settled() -> None:
    articles = event_articles()
    never = replace(story_settings(), hysteresis=replace(hysteresis_settings(), merge_score=1.0))
    apart = {article.id: CurrentStory(f"story {article.id}", 2.0) for article in articles}
    fresh = {key: CurrentStory(each.story, 0.5) for key, each in apart.items()}

    def found(current_stories: dict[int | str, CurrentStory]) -> int:
        grouping = group_window(
            articles,
            encoded(articles),
            model=pair_model(),
            settings=never,
            current_stories=current_stories,
        )
        return len(grouping.groups)

    assert found(apart) > found(fresh) == found({})
