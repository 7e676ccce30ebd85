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


def scores_of(pairs: dict[tuple[int, int], float], count: int, default: float = 0.0) -> UnitScores:
    scores = np.full((count, count), default)
    for (one, other), score in pairs.items():
        scores[one, other] = scores[other, one] = score
    np.fill_diagonal(scores, 1)
    return UnitScores.from_single_articles(scores)


def stable(*stories: int) -> StableStories:
    return StableStories(np.array(stories), SETTINGS)


def groups(
    proposed: list[list[int]], scores: UnitScores, stable_stories: StableStories
) -> list[list[int]]:
    rows = [np.array(part) for part in proposed]
    adjusted = apply_hysteresis(rows, scores, stable_stories, quorum=QUORUM)
    return sorted(part.tolist() for part in adjusted)


def test_proposal_is_unchanged_without_stable_stories() -> None:
    nothing = stable(UNSTABLE, UNSTABLE, UNSTABLE)
    assert groups([[0, 2], [1]], scores_of({}, 3), nothing) == [[0, 2], [1]]


def test_stable_story_within_quorum_is_not_split() -> None:
    scores = scores_of({(0, 1): 0.5, (0, 2): 0.3, (1, 2): 0.3}, 3)
    assert groups([[0, 1], [2]], scores, stable(0, 0, 0)) == [[0, 1, 2]]


def test_stable_story_below_quorum_is_split() -> None:
    scores = scores_of({(0, 1): 0.5, (0, 2): 0.1, (1, 2): 0.1}, 3)
    assert groups([[0, 1], [2]], scores, stable(0, 0, 0)) == [[0, 1], [2]]


def test_stable_stories_merge_only_above_merge_score() -> None:
    scores = scores_of({(0, 1): 0.9, (2, 3): 0.9}, 4, default=0.7)
    assert groups([[0, 1, 2, 3]], scores, stable(0, 0, 1, 1)) == [[0, 1], [2, 3]]
    nearer = scores_of({(0, 1): 0.9, (2, 3): 0.9}, 4, default=0.85)
    assert groups([[0, 1, 2, 3]], nearer, stable(0, 0, 1, 1)) == [[0, 1, 2, 3]]


def test_arrivals_join_the_nearest_story_of_their_proposed_group() -> None:
    scores = scores_of({(0, 2): 0.5, (1, 2): 0.6, (0, 1): 0.5}, 3)
    assert groups([[0, 1, 2]], scores, stable(0, 1, UNSTABLE)) == [[0], [1, 2]]


def test_arrivals_below_join_score_form_their_own_group() -> None:
    scores = scores_of({(0, 1): 0.3, (0, 2): 0.3, (1, 2): 0.9}, 3)
    assert groups([[0, 1, 2]], scores, stable(0, UNSTABLE, UNSTABLE)) == [[0], [1, 2]]


def test_block_goes_to_the_group_with_most_of_its_articles() -> None:
    scores = scores_of({(0, 3): 0.5, (1, 3): 0.5, (2, 3): 0.5}, 4, default=0.5)
    assert groups([[0, 1, 3], [2]], scores, stable(0, 0, 0, UNSTABLE)) == [[0, 1, 2, 3]]


def test_cannot_link_splits_a_stable_story() -> None:
    scores = scores_of({}, 3, default=0.9)
    scores.cannot_link[0, 1] = scores.cannot_link[1, 0] = True
    scores.scores[0, 1] = scores.scores[1, 0] = 0
    result = groups([[0, 2], [1]], scores, stable(0, 0, 0))
    assert not any({0, 1} <= set(part) for part in result)


def test_stable_rows_are_old_enough_in_a_large_enough_window() -> None:
    stable_stories, ages = ["a", "b", "a", None], np.array([2.0, 2.0, 0.5, 2.0])
    assert StableStories.select(stable_stories, ages, 3, SETTINGS).stories.tolist() == [
        0,
        1,
        -1,
        -1,
    ]
    assert StableStories.select(stable_stories, ages, 2, SETTINGS).stories.tolist() == [
        -1,
        -1,
        -1,
        -1,
    ]


def test_unit_takes_the_most_frequent_stable_story() -> None:
    rows = stable(4, 5, 5, UNSTABLE, UNSTABLE)
    assert rows.by_unit([[0, 1, 2], [3], [4]]).stories.tolist() == [5, -1, -1]


def test_chain_pairs_connects_each_story() -> None:
    assert chain_pairs(np.array([3, 7, 3, UNSTABLE, 3])).tolist() == [[0, 2], [2, 4]]
    assert chain_pairs(np.array([], dtype=np.int64)).shape == (0, 2)


@st.composite
def scored_units(draw: st.DrawFn) -> tuple[UnitScores, Rows, StableStories]:
    count = draw(st.integers(1, 9))
    cells = draw(st.lists(st.floats(0, 1), min_size=count**2, max_size=count**2))
    upper = np.triu(np.array(cells).reshape(count, count), 1)
    labels = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    stable_stories = draw(st.lists(st.integers(UNSTABLE, 2), min_size=count, max_size=count))
    return (
        UnitScores.from_single_articles(upper + upper.T + np.eye(count)),
        np.array(labels),
        stable(*stable_stories),
    )


@given(scored_units())
def test_every_unit_is_in_one_group_that_meets_the_quorum(
    example: tuple[UnitScores, Rows, StableStories],
) -> None:
    scores, labels, stable_stories = example
    proposed = [
        part[units]
        for part in rows_by_label(renumber(labels))
        for units in split_to_quorum(scores.subset(part), QUORUM)
    ]
    result = apply_hysteresis(proposed, scores, stable_stories, quorum=QUORUM)
    assert sorted(np.concatenate(result).tolist()) == list(range(len(scores)))
    assert all(len(part) == 1 or scores.subset(part).meets_quorum(QUORUM) for part in result)


@given(scored_units())
def test_hysteresis_is_idempotent(
    example: tuple[UnitScores, Rows, StableStories],
) -> None:
    scores, _, stable_stories = example
    stories = rows_by_label(renumber(stable_stories.stories))
    groups_before = [
        part[units] for part in stories for units in split_to_quorum(scores.subset(part), QUORUM)
    ]
    numbers = np.empty(len(scores), dtype=np.int64)
    for number, part in enumerate(groups_before):
        numbers[part] = number
    again = apply_hysteresis(groups_before, scores, stable(*numbers.tolist()), quorum=QUORUM)
    assert sorted(part.tolist() for part in again) == sorted(
        part.tolist() for part in groups_before
    )


def test_window_keeps_stable_stories() -> None:
    articles = event_articles()
    never = replace(story_settings(), hysteresis=replace(hysteresis_settings(), merge_score=1.0))
    apart = {article.id: CurrentStory(f"story {article.id}", 2.0) for article in articles}
    fresh = {key: CurrentStory(each.story, 0.5) for key, each in apart.items()}

    def count_groups(current_stories: dict[int | str, CurrentStory]) -> int:
        grouping = group_window(
            articles,
            encoded(articles),
            model=pair_model(),
            settings=never,
            current_stories=current_stories,
        )
        return len(grouping.groups)

    assert count_groups(apart) > count_groups(fresh) == count_groups({})
